"""The small shop in which all tasks play."""

NAMES = ("Anna Ben Carla David Emma Felix Grace Hugo Iris Jonas Kim Leo Maya Nina Omar Paul Rosa Sam Tina Uma").split()
ITEMS = (
    "lamp chair desk phone mug bag clock shirt book cable mouse tent plant rug fan kettle radio scarf bench drill"
).split()
CITIES = "Lyon Berlin Oslo Madrid Turin Ghent Porto Delft Basel Cork".split()
COUNTS = "two three four five six seven eight nine".split()
PROBLEMS = "broken lost late wrong small dirty".split()
WISHES = "money repair discount call voucher swap".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
