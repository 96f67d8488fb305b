"""The words of the field, as data: which kind of word each is, and what it says."""
