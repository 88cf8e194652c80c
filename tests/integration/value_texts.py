"""Texts for a column of each type: similar to valid ones, mutations of these, and difficult ones."""

from hypothesis import strategies as st

DIGITS = r"[+-]?[0-9]{1,6}"
POINTED = r"[+-]?0{0,3}[0-9]{0,6}\.?[0-9]{0,6}"
CLOCK = r"[0-2]?[0-9]:[0-5][0-9](?::[0-6][0-9](?:\.[0-9]{1,7})?)?"
OFFSET = r"(?: ?[+-][01]?[0-9](?::?[0-5][0-9])?| ?Z| UTC| America/Sao_Paulo| EST)"
#: Dates that exist, of the years 1000 to 9999, and timestamps of these.
YEAR = r"[1-9][0-9]{3}"
LEAP_YEAR = r"(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
DATE = (
    rf"(?:{YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    rf"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{LEAP_YEAR}-02-29)"
)
TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
TIMESTAMP = rf"{DATE}(?:[ T]{TIME}(?:Z| UTC| ?[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?)?"
#: Dates in the spellings that Postgres reads by its DateStyle, and in some that it does not read.
SPOKEN = (
    r"(?:Sat |Tue, )?[0-3]?[0-9][/. -][0-1]?[0-9][/. -](?:[0-9]{2}|20[0-9]{2})",
    r"[0-3]?[0-9][ -](?:Jan|feb|MARCH)[ -](?:[0-9]{2}|20[0-9]{2})",
    r"(?:Jan|feb|MARCH) [0-3]?[0-9],? 20[0-9]{2}",
    r"20[0-9]{2}[/. ][01]?[0-9][/. ][0-3]?[0-9]",
    r"20[0-9]{2}\.[0-3][0-9]{2}|(?:19|20)?[0-9]{2}[01][0-9][0-3][0-9]",
)
UNITS = "(?:year|mon|week|day|hour|min|sec|millisecond|d|h|m|s)s?"
ELEMENT = r'(?:[a-z ]{0,3}|"[a-z, ]{0,3}"|"\\[\\"]"|NULL)'
WHOLE = r"[+-]?[0-9]{1,10}"
JSON = (
    r'\{"[a-z]{1,2}" ?: ?(?:-?[0-9]{1,3}|"[a-z]{0,3}"|null|true|\[\]|\{\})(?:, ?"[ab]":[01])?\}',
    r"\[(?:(?:[0-9]{1,2}|null|\"\"),){0,3}[0-9]\]",
    r'"(?:\\u[0-9a-dD]{4}|\\[nrt"\\/x]|é){0,3}"',
    r"-?[0-9]{1,3}(?:\.[0-9]{1,3})?(?:[eE][+-]?[0-9]{1,6})?",
)
#: For each type, regular expressions of texts that are similar to valid ones.
NEAR: dict[str, tuple[str, ...]] = {
    "smallint": (DIGITS, r"-?327[0-9]{2}"),
    "integer": (r"[+-]?[0-9]{1,11}", r"-?21474836[0-9]{2}"),
    "bigint": (r"[+-]?[0-9]{1,20}", r"-?92233720368547758[0-9]{2}"),
    "numeric": (POINTED, r"[0-9]{1,40}\.[0-9]{0,40}", r"[0-9]{1,3}e-?[0-9]{1,4}"),
    "numeric(5,2)": (POINTED, r"[+-]?99[89]?\.9{0,8}[0-9]?"),
    "numeric(12,2)": (POINTED, r"[+-]?9{8,11}\.9{0,5}5?"),
    "numeric(3)": (POINTED, r"9{1,4}\.[5-9]?"),
    "numeric(2,2)": (POINTED, r"0?\.[0-9]{1,4}"),
    "numeric(38,10)": (POINTED, r"[0-9]{20,32}\.[0-9]{0,12}"),
    "numeric(3,-2)": (POINTED, r"[0-9]{4,6}", r"[0-9]{2,5}\.5"),
    "real": (
        r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}|[0-9]{1,8}(?:\.[0-9]{0,8})?[eE][+-]?[0-2]?[0-9])",
        r"[0-9]{1,9}(\.[0-9]{0,9})?[eE][+-]?[0-9]{1,3}",
    ),
    "double precision": (
        r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}|[0-9]{1,17}(?:\.[0-9]{0,17})?[eE][+-]?[01]?[0-9]{1,2})",
        r"[0-9]{1,18}(\.[0-9]{0,9})?[eE][+-]?[0-9]{1,4}",
    ),
    "boolean": (
        r"t|f|true|false|y|n|yes|no|on|off|T|F|TRUE|False|Y|N|Yes|NO|On|OFF|1|0",
        r"[tTfFyYnNoO][rRaAeEnNoOfFsSlLuU]{0,4}",
    ),
    "date": (DATE, r"[0-9]{4}-[01][0-9]-[0-3][0-9]", *SPOKEN),
    "time without time zone": (TIME, r"[0-2][0-9]:[0-6][0-9]:[0-6][0-9]", rf"{CLOCK} ?[AaPp][Mm]"),
    "time(0) without time zone": (TIME, r"23:59:59\.9{1,9}"),
    "time with time zone": (rf"{TIME}{OFFSET}", rf"{CLOCK}{OFFSET}", CLOCK),
    "timestamp without time zone": (TIMESTAMP, r"9999-12-31[ T]23:59:59\.9{1,9}", rf"(?:{SPOKEN[0]}) {CLOCK}"),
    "timestamp(3) without time zone": (TIMESTAMP, rf"{CLOCK} (?:{SPOKEN[0]})"),
    "timestamp with time zone": (TIMESTAMP, rf"2026-11-22[ T]{CLOCK}{OFFSET}", rf"(?:{SPOKEN[0]}) {CLOCK}"),
    "timestamp(0) with time zone": (TIMESTAMP, rf"{SPOKEN[2]} {CLOCK}{OFFSET}"),
    "interval": (
        rf"[+-]?[0-9]{{1,4}}(?:\.[0-9]{{1,2}})? ?{UNITS}(?: [0-9]{{1,2}} ?{UNITS})?(?: {CLOCK})?(?: ago)?",
        r"-?P(?:[0-9]{1,3}Y)?(?:[0-9]{1,3}M)?(?:[0-9]{1,2}D)?(?:T(?:[0-9]{1,2}H)?(?:[0-9]{1,2}(?:\.[0-9])?S)?)?",
        rf"-?[0-9]{{0,3}} ?{CLOCK}|[0-9]{{1,12}}|[0-9]{{1,3}}-[0-9]{{1,2}}",
    ),
    "interval day to second": (rf"[0-9]{{1,3}} {UNITS} {CLOCK}", rf"[0-9]{{1,3}} {CLOCK}"),
    "interval(0)": (r"[0-9]{1,3}\.[5-9] sec", rf"[0-9]{{1,3}} days {CLOCK}"),
    "uuid": (
        r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}",
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        r"\{[0-9a-f]{32}\}",
    ),
    "character varying(3)": (r"[ -~]{0,4}", r"[éß€\U0001f600 ]{0,4}"),
    "character varying": (r"[ -~]{0,4}",),
    "character(2)": (r"[ -~]{0,3}", r"[éß€\U0001f600 ]{0,3}"),
    "character(1)": (r"[ -~]{0,3}",),
    "bpchar": (r"[ -~]{0,4}",),
    "text": (r"[ -~]{0,4}",),
    "json": JSON,
    "jsonb": JSON,
    "bytea": (r"\\x(?:[0-9a-fA-F]{2}){0,5}", r"\\x[0-9a-g ]{0,6}", r"[a-z]{0,3}(?:\\[0-4][0-7]{2}|\\\\){0,2}"),
    "inet": (
        r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:/[0-9]{1,2})?",
        r"(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:/[0-9]{1,3})?",
        r"::ffff:(?:[0-9]{1,3}\.){3}[0-9]{1,3}",
    ),
    "cidr": (r"10\.[0-9]{1,3}\.0\.0/[0-9]{1,2}", r"(?:10\.){1,3}[0-9]{1,2}", r"2001:db8::/[0-9]{1,3}"),
    "macaddr": (
        r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}",
        r"[0-9a-fA-F]{6}[:-]?[0-9a-f]{6}",
        r"(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}",
    ),
    "text[]": (rf"\{{(?:{ELEMENT},){{0,3}}{ELEMENT}\}}", r"\{\{[ab],c\},\{[de],f\}\}", r"\[[0-3]:[0-3]\]=\{[a-c],b\}"),
    "integer[]": (rf"\{{(?:{WHOLE}, ?){{0,3}}{WHOLE}\}}", r"\{\{1,[0-9]\},\{3,[0-9a]\}\}", r"\{(?:NULL|1)?\}"),
    "character varying(2)[]": (rf"\{{(?:{ELEMENT},){{0,2}}{ELEMENT}\}}",),
    "date[]": (rf"\{{(?:{DATE},){{0,2}}(?:{SPOKEN[0]}|{DATE})\}}", r"\{NULL\}"),
    "int4range": (r"[\[(][0-9]{0,3},[0-9]{0,3}[\])]", "empty"),
    "daterange": (rf"[\[(]{DATE},{DATE}[\])]", rf"[\[(](?:{SPOKEN[0]}),[\])]"),
    "bit(3)": (r"[01]{2,4}", r"[Bbx][01]{1,3}"),
    "bit varying(4)": (r"[01]{2,5}", r"[Bbx][01]{1,3}"),
    "money": (r"-?\$?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]{1,3})?",),
    "public.mood": ("(?:sad|Happy|né|)", "[a-zA-Z ]{0,5}"),
    "public.short": (r"[ -~]{0,5}", r"[éß€\U0001f600 ]{0,4}"),
    "public.needed": (r"[ -~]{0,4}",),
    "public.ratio": (r"[01]?\.[0-9]{1,4}", POINTED),
    "public.tenth": (r"[01]?\.[0-9]{1,4}", POINTED),
    "public.raising": (DIGITS,),
    "public.day": (DATE, *SPOKEN),
    "public.moment": (TIMESTAMP, rf"(?:{SPOKEN[0]}) {CLOCK}"),
}
TYPES = """
create type public.mood as enum ('sad', 'Happy', 'né');
create domain public.short as text check (length(value) <= 3);
create domain public.needed as text not null;
create domain public.ratio as numeric(5,2) check (value between 0 and 1);
create domain public.tenth as public.ratio check (value <= 0.1);
create function public.raising_check(integer) returns boolean language plpgsql immutable as
$$begin if $1 > 9 then raise exception 'too large'; end if; return $1 <> 3; end$$;
create domain public.raising as integer check (public.raising_check(value));
create domain public.day as date check (value > '1000-01-01');
create domain public.moment as timestamptz;
"""
# fmt: off
DIFFICULT = [
    "", " ", "1 ", " 1", "1_000", "0x1F", "0b1", "0o7", "١", "１", "1e", "e1", "--1", "+-1", ".", "-", "+", "1,5",
    "\\N", "\\.", "NULL", "NaN", "nan", "inf", "-Infinity", "infinity", "epoch", "now", "today", "tomorrow", "allballs",
    "1e400", "1e-400", "9" * 60, "0." + "0" * 60,
    "0000-01-01", "2026-02-29", "1900-02-29", "10000-01-01", "2026-11-22 BC", "24:00:00", "23:59:60", "12:00 PM",
    "01/02/2026", "2026-13-01", "13/01/2026", "040506 01/02/2026", "J2451187", "99999999-01-01", "1 ago", "@ 1 day",
    "falſe", "\u212a", "tru", "{b0f3a1de-7f33-4d4c-9f53-0c3f8a3f7f10}", "\ufeff1", "1\u00a0", "\u22121", "a\nb", "\r",
    "{", "}", "{}", "{{}}", "[]", '"', "''", '""', "\\x", "\\xg0", "\\", "{a", "(1,2)", "[2,1)", "::", "1.2.3.4/33",
]
# fmt: on


def mutate(text: str, at: int, replacement: str) -> str:
    """Replace one character of a text."""
    at %= len(text) + 1
    return text[:at] + replacement + text[at + 1 :]


def texts(type_name: str) -> st.SearchStrategy[str]:
    """Return a strategy for texts of a type; three of six are similar to valid ones."""
    near = st.one_of([st.from_regex(pattern.strip("^$"), fullmatch=True) for pattern in NEAR[type_name]])
    odd = st.text(st.sampled_from(list('0159 .-+:_eETZ\n٣é{}",\\/')), max_size=2)
    wrong = st.builds(mutate, near, st.integers(0, 40), odd)
    anything = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
    return st.one_of(near, near, near, wrong, st.sampled_from(DIFFICULT), anything)
