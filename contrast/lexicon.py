"""Words that checks and dates pass over or know, as data."""

# So much of a sentence is searched for dates, amounts, names and who says it: no sentence of news is longer, and the time that patterns
# take which look back from each match grows with the square of its length.
N_CHARACTERS_SEARCHED = 2000

_EMPTY = """a an the and or but nor so as at by for from in into of on onto per than that to toward towards upon via with within about is
are was were be been being am has have had having do does did will would shall should can could may might must he she it they we you i him
her them us me his hers its their our your my who whom whose which what this these those there here said says say told s t"""
_OPENING = """a an the and but or if when while after before since until although though despite in on at by for from of to with as it he
she they we you i this that these those there here his her its their our no not nor all some many most few each every one both more it's
at under over during about around near within without also yet so then now meanwhile however only"""
_CALENDAR = """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december jan feb mar apr jun jul aug sept sep oct nov dec"""
_NEWS = """courier times post herald gazette tribune journal chronicle telegraph guardian observer mail mirror echo star sun news newspaper
press daily weekly standard argus examiner reporter bulletin dispatch advertiser radio tv television broadcasting"""
_SINGULAR_S = """always perhaps sometimes across less news whereas besides afterwards indoors outdoors overseas minus plus versus series"""
_PLURALS = """people men women children police troops aircraft spacecraft sheep fish cattle deer staff personnel crew dead wounded
injured missing homeless unemployed"""
_COMMON = """spokesman spokeswoman spokesperson minister ministers president chief head director official officials secretary chairman
chairwoman chair chairperson executive deputy prime general mayor governor senior manager leader officer owner boss the mr mrs ms dr sir
company government ministry party council board union army police group"""
_UNDER_TWENTY = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"

# Words that say little alone; "no", "not", "before", "until" and their like are not among them.
EMPTY_WORDS = frozenset(_EMPTY.split())
# Words that a sentence may open with, capital and all, without naming anything.
OPENING_WORDS = frozenset(_OPENING.split())
CALENDAR_WORDS = frozenset(_CALENDAR.split())
# Titles and trades that many a party bears: alike in these alone, two names are not one party.
COMMON_WORDS = frozenset(_COMMON.split())
OPPOSITES = (
    ("north", "south"),
    ("east", "west"),
    ("northern", "southern"),
    ("eastern", "western"),
    ("inside", "outside"),
    ("upper", "lower"),
)
# Told apart by these alone, two that are named alike are not one: South Korea, New York.
TELLING_WORDS = frozenset(["north", "south", "east", "west", "new"])
# What newspapers and broadcasters are called: the Orsk Courier is neither Orsk nor its mayor.
NEWS_WORDS = frozenset(_NEWS.split())
PLURALS = frozenset(_PLURALS.split())
# Words that end in "s" and are no plurals.
NO_PLURALS = frozenset(_SINGULAR_S.split())

# Verbs and nouns of a change, as patterns.
RISING = (
    r"ris(?:e|es|en|ing)|rose|increas(?:e|es|ed|ing)|grow(?:s|n|ing|th)?|grew|climb(?:s|ed|ing)?|jump(?:s|ed|ing)?|gain(?:s|ed|ing)?"
    r"|surg(?:e|es|ed|ing)|soar(?:s|ed|ing)?|rais(?:e|es|ed|ing)|doubl(?:e|es|ed|ing)|tripl(?:e|es|ed|ing)|swell(?:s|ed|ing)?|up|higher"
)
FALLING = (
    r"fall(?:s|en|ing)?|fell|drop(?:s|ped|ping)?|declin(?:e|es|ed|ing)|decreas(?:e|es|ed|ing)|cut(?:s|ting)?|reduc(?:e|es|ed|ing|tions?)"
    r"|slump(?:s|ed|ing)?|shr(?:ink|inks|ank|unk|inking)|slid(?:e|es|ing)?|plung(?:e|es|ed|ing)|lower(?:s|ed|ing)?|halv(?:e|es|ed|ing)"
    r"|dip(?:s|ped|ping)?|down"
)

NUMBERS: dict[str, int] = {
    **{word: value for value, word in enumerate(_UNDER_TWENTY.split())},
    **{word: 10 * tens for tens, word in enumerate(_TENS.split(), 2)},
    "nil": 0,
}
SCALES = {"dozen": 12.0, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "m": 1e6, "bn": 1e9}
# What a measure measures, and how much of it one is.
MEASURES: dict[str, tuple[str, float]] = {
    "%": ("%", 1.0),
    "percent": ("%", 1.0),
    "metre": ("length", 1.0),
    "meter": ("length", 1.0),
    "kilometre": ("length", 1e3),
    "kilometer": ("length", 1e3),
    "km": ("length", 1e3),
    "mile": ("length", 1609.344),
    "kilo": ("weight", 1.0),
    "kg": ("weight", 1.0),
    "kilogram": ("weight", 1.0),
    "tonne": ("weight", 1e3),
    "ton": ("weight", 1e3),
    "hectare": ("area", 1.0),
    "acre": ("area", 0.4047),
    "dollar": ("$", 1.0),
    "euro": ("€", 1.0),
    "pound": ("£", 1.0),
}
