"""Broadsheet, an article publishing CMS whose readers can answer back."""
