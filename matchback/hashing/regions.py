"""States of the US and provinces of Canada by name, as Meta's parameter builder maps them."""

_TABLE = """\
al alabama
ak alaska
az arizona
ar arkansas
ca california
co colorado
ct connecticut
de delaware
dc districtofcolumbia
fl florida
ga georgia
hi hawaii
id idaho
il illinois
in indiana
ia iowa
ks kansas
ky kentucky
la louisiana
me maine
md maryland
ma massachusetts
mi michigan
mn minnesota
ms mississippi
mo missouri
mt montana
ne nebraska
nv nevada
nh newhampshire
nj newjersey
nm newmexico
ny newyork
nc northcarolina
nd northdakota
oh ohio
ok oklahoma
or oregon
pa pennsylvania
ri rhodeisland
sc southcarolina
sd southdakota
tn tennessee
tx texas
ut utah
vt vermont
va virginia
wa washington
wv westvirginia
wi wisconsin
wy wyoming
ab alberta
bc britishcolumbia
mb manitoba
nb newbrunswick
nl newfoundlandandlabrador
nl newfoundland
nt northwestterritories
ns novascotia
nu nunavut
on ontario
pe princeedwardisland
qc quebec
sk saskatchewan
yt yukon"""

REGION_CODES = {name: code for code, name in (line.split() for line in _TABLE.splitlines())}
_NAMES_LONGEST_FIRST = sorted(REGION_CODES, key=len, reverse=True)


def region_within(letters: str) -> str | None:
    """Return the code of the longest state or province name within lower-case letters, or None."""
    for name in _NAMES_LONGEST_FIRST:
        if name in letters:
            return REGION_CODES[name]
    return None
