"""A third answer to «what shall it become?»: where None means «none», KEEP means «as it is»."""


class Keep:
    """The type of KEEP."""


KEEP = Keep()
