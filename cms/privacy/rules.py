"""How long the door to what somebody has sent stands open, and how often it is opened."""

from datetime import timedelta

LINK_LIVES = timedelta(hours=24)  # the link in a letter, until its button is pressed
PAGE_LIVES = timedelta(minutes=30)  # what the button opens
LETTERS_A_DAY = 3  # to one address, whoever asks: nobody's mailbox is flooded by us
SECRET_BYTES = 20  # 160 bits; 128 are asked for
