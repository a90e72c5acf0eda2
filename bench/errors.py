"""Why a run ends without figures."""


class Unfit(Exception):
    """Something that is needed is not there or does not do its job."""


class Spoiled(Exception):
    """A measurement during which something went wrong says nothing."""


class WrongStatus(Exception):
    """An answer came, but another than there should be."""
