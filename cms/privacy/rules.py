"""How long a link to one's own comments works, and how many letters with one are sent."""

from datetime import timedelta

LINK_LIVES = timedelta(hours=24)  # the link in a letter, until its button is pressed
PAGE_LIVES = timedelta(minutes=30)  # what the button opens
LETTERS_A_DAY = 3  # to one address, whoever asks, so that nobody can flood a mailbox through this site
SECRET_BYTES = 20  # 160 bits, well above the 128 of a row's mark
