"""Countries: ISO code, calling code, trunk prefix, number lengths and names.

Calling codes, trunk prefixes and lengths follow Google's libphonenumber (a test holds the two
against each other); the names are those that people and shop systems write into an order.
"""

from dataclasses import dataclass

# ISO code, calling code, national trunk prefix, shortest-longest national number, names
_TABLE = """\
AD 376 - 6-9 andorra
AE 971 0 5-12 unitedarabemirates
AF 93 0 9-9 afghanistan
AG 1 1 10-10 antiguaandbarbuda
AI 1 1 10-10 anguilla
AL 355 0 6-9 albania
AM 374 0 8-8 armenia
AO 244 - 9-9 angola
AQ - - - antarctica
AR 54 0 10-11 argentina
AS 1 1 10-10 americansamoa
AT 43 0 4-13 austria österreich
AU 61 0 5-12 australia
AW 297 - 7-7 aruba
AX 358 0 5-12 ålandislands
AZ 994 0 9-9 azerbaijan
BA 387 0 8-9 bosniaandherzegovina
BB 1 1 10-10 barbados
BD 880 0 6-10 bangladesh
BE 32 0 8-9 belgium belgië belgique
BF 226 - 8-8 burkinafaso
BG 359 0 6-12 bulgaria
BH 973 - 8-8 bahrain
BI 257 - 8-8 burundi
BJ 229 - 10-10 benin
BL 590 0 9-9 saintbarthelemy
BM 1 1 10-10 bermuda
BN 673 - 7-7 brunei
BO 591 0 8-9 bolivia boliviaplurinationalstateof
BQ 599 - 7-7 caribbeannetherlands
BR 55 0 8-11 brazil brasil
BS 1 1 10-10 bahamas
BT 975 - 7-8 bhutan
BV - - - bouvetisland
BW 267 - 7-10 botswana
BY 375 8 6-11 belarus
BZ 501 - 7-11 belize
CA 1 1 7-10 canada
CC 61 0 6-12 cocosislands
CD 243 0 7-10 congothedemocraticrepublicofthe democraticrepublicofthecongo
CF 236 - 8-8 centralafricanrepublic
CG 242 - 9-9 congo
CH 41 0 9-12 switzerland schweiz suisse svizzera
CI 225 - 10-10 côtedivoire ivorycoast
CK 682 - 5-5 cookislands
CL 56 - 9-11 chile
CM 237 - 8-9 cameroon
CN 86 0 7-12 china
CO 57 0 8-11 colombia
CR 506 - 8-10 costarica
CU 53 0 6-10 cuba
CV 238 - 7-7 capeverde caboverde
CW 599 - 7-8 curaçao
CX 61 0 6-12 christmasisland
CY 357 - 8-8 cyprus
CZ 420 - 9-12 czechrepublic czechia
DE 49 0 4-15 germany deutschland allemagne
DJ 253 - 8-8 djibouti
DK 45 - 8-8 denmark danmark
DM 1 1 10-10 dominica
DO 1 1 10-10 dominicanrepublic
DZ 213 0 8-9 algeria
EC 593 0 8-11 ecuador
EE 372 - 7-10 estonia
EG 20 0 8-10 egypt
EH 212 0 9-9 westernsahara
ER 291 0 7-7 eritrea
ES 34 - 9-9 spain españa
ET 251 0 9-9 ethiopia
FI 358 0 5-12 finland suomi
FJ 679 - 7-11 fiji
FK 500 - 5-5 falklandislands
FM 691 - 7-7 micronesia micronesiafederatedstatesof
FO 298 - 6-6 faroeislands
FR 33 0 9-9 france
GA 241 - 7-8 gabon
GB 44 0 7-10 unitedkingdom greatbritain england
GD 1 1 10-10 grenada
GE 995 0 9-9 georgia
GF 594 0 9-9 frenchguiana
GG 44 0 7-10 guernsey
GH 233 0 8-9 ghana
GI 350 - 8-8 gibraltar
GL 299 - 6-6 greenland
GM 220 - 7-9 gambia
GN 224 - 8-9 guinea
GP 590 0 9-9 guadeloupe
GQ 240 - 9-9 equatorialguinea
GR 30 - 10-12 greece
GS - - - southgeorgia
GT 502 - 8-11 guatemala
GU 1 1 10-10 guam
GW 245 - 7-9 guineabissau
GY 592 - 7-7 guyana
HK 852 - 5-11 hongkong
HM - - - heardisland
HN 504 - 8-11 honduras
HR 385 0 7-9 croatia hrvatska
HT 509 - 8-8 haiti
HU 36 06 8-9 hungary magyarország
ID 62 0 7-17 indonesia
IE 353 0 7-10 ireland
IL 972 0 7-12 israel
IM 44 0 10-10 isleofman
IN 91 0 8-13 india
IO 246 - 7-7 britishindianoceanterritory
IQ 964 0 8-10 iraq
IR 98 0 4-10 iran iranislamicrepublicof
IS 354 - 7-9 iceland
IT 39 - 6-12 italy italia
JE 44 0 10-10 jersey
JM 1 1 10-10 jamaica
JO 962 0 8-9 jordan
JP 81 0 8-17 japan
KE 254 0 7-10 kenya
KG 996 0 9-10 kyrgyzstan
KH 855 0 8-10 cambodia
KI 686 0 5-8 kiribati
KM 269 - 7-7 comoros
KN 1 1 10-10 saintkittsandnevis
KP 850 0 8-10 northkorea koreademocraticpeoplesrepublicof
KR 82 0 5-14 southkorea korearepublicof
KW 965 - 7-8 kuwait
KY 1 1 10-10 caymanislands
KZ 7 8 10-14 kazakhstan
LA 856 0 8-10 laos laopeoplesdemocraticrepublic
LB 961 0 7-8 lebanon
LC 1 1 10-10 saintlucia
LI 423 0 7-9 liechtenstein
LK 94 0 9-9 srilanka
LR 231 0 7-9 liberia
LS 266 - 8-8 lesotho
LT 370 0 8-8 lithuania
LU 352 - 4-11 luxembourg
LV 371 - 8-8 latvia
LY 218 0 9-9 libya
MA 212 0 9-9 morocco
MC 377 0 8-9 monaco
MD 373 0 8-8 moldova
ME 382 0 8-9 montenegro
MF 590 0 9-9 saintmartin
MG 261 0 9-9 madagascar
MH 692 1 7-7 marshallislands
MK 389 0 8-8 macedonia northmacedonia macedoniatheformeryugoslavrepublicof
ML 223 - 8-8 mali
MM 95 0 6-10 myanmar burma
MN 976 0 8-10 mongolia
MO 853 - 7-8 macao macau
MP 1 1 10-10 northernmarianaislands
MQ 596 0 9-9 martinique
MR 222 - 8-8 mauritania
MS 1 1 10-10 montserrat
MT 356 - 8-8 malta
MU 230 - 7-10 mauritius
MV 960 - 7-10 maldives
MW 265 0 7-9 malawi
MX 52 - 10-10 mexico méxico
MY 60 0 8-10 malaysia
MZ 258 - 8-9 mozambique
NA 264 0 8-9 namibia
NC 687 - 6-6 newcaledonia
NE 227 - 8-8 niger
NF 672 - 6-6 norfolkisland
NG 234 0 10-14 nigeria
NI 505 - 8-8 nicaragua
NL 31 0 5-11 netherlands nederland holland
NO 47 - 5-8 norway norge
NP 977 0 8-11 nepal
NR 674 - 7-7 nauru
NU 683 - 4-7 niue
NZ 64 0 5-10 newzealand
OM 968 - 7-9 oman
PA 507 - 7-11 panama
PE 51 0 8-9 peru
PF 689 - 6-9 frenchpolynesia
PG 675 - 7-8 papuanewguinea
PH 63 0 6-13 philippines
PK 92 0 8-12 pakistan
PL 48 - 6-10 poland polska
PM 508 0 6-9 saintpierreandmiquelon
PN - - - pitcairn
PR 1 1 10-10 puertorico
PS 970 0 8-10 palestine palestinestateof
PT 351 - 9-9 portugal
PW 680 - 7-7 palau
PY 595 0 6-11 paraguay
QA 974 - 7-11 qatar
RE 262 0 9-9 réunion
RO 40 0 6-9 romania românia
RS 381 0 6-12 serbia
RU 7 8 10-14 russia russianfederation
RW 250 0 8-9 rwanda
SA 966 0 9-10 saudiarabia
SB 677 - 5-7 solomonislands
SC 248 - 7-7 seychelles
SD 249 0 9-9 sudan
SE 46 0 6-12 sweden sverige
SG 65 - 8-11 singapore
SH 290 - 4-5 sainthelena
SI 386 0 5-8 slovenia slovenija
SJ 47 - 5-8 svalbardandjanmayen
SK 421 0 6-9 slovakia slovensko
SL 232 0 8-8 sierraleone
SM 378 - 8-10 sanmarino
SN 221 - 9-9 senegal
SO 252 0 6-9 somalia
SR 597 - 6-7 suriname
SS 211 0 9-9 southsudan
ST 239 - 7-7 saotomeandprincipe
SV 503 - 7-11 elsalvador
SX 1 1 10-10 sintmaarten
SY 963 0 8-9 syria syrianarabrepublic
SZ 268 - 8-9 eswatini swaziland
TC 1 1 10-10 turksandcaicosislands
TD 235 - 8-8 chad
TF - - - frenchsouthernterritories
TG 228 - 8-8 togo
TH 66 0 8-13 thailand
TJ 992 - 9-9 tajikistan
TK 690 - 4-7 tokelau
TL 670 - 7-8 easttimor timorleste
TM 993 8 8-8 turkmenistan
TN 216 - 8-8 tunisia
TO 676 - 5-7 tonga
TR 90 0 7-13 turkey türkiye
TT 1 1 10-10 trinidadandtobago
TV 688 - 5-7 tuvalu
TW 886 0 7-11 taiwan taiwanprovinceofchina
TZ 255 0 9-9 tanzania
UA 380 0 9-10 ukraine
UG 256 0 9-9 uganda
UM - - - unitedstatesminoroutlyingislands
US 1 1 10-10 unitedstates unitedstatesofamerica usa
UY 598 0 4-13 uruguay
UZ 998 - 9-9 uzbekistan
VA 39 - 6-12 vatican vaticancity holyseevaticancitystate holysee
VC 1 1 10-10 saintvincent
VE 58 0 10-10 venezuela venezuelabolivarianrepublicof
VG 1 1 10-10 virginislandsbritish
VI 1 1 10-10 virginislandsus
VN 84 0 7-10 vietnam
VU 678 - 5-7 vanuatu
WF 681 - 6-9 wallisfutuna
WS 685 - 5-10 samoa
XK 383 0 8-12 kosovo
YE 967 0 7-9 yemen
YT 262 0 9-9 mayotte
ZA 27 0 5-10 southafrica
ZM 260 0 9-9 zambia
ZW 263 0 7-10 zimbabwe
"""


@dataclass(frozen=True)
class Country:
    """One country and how its phone numbers are written."""

    code: str
    calling_code: str
    trunk_prefix: str
    shortest: int
    longest: int
    names: tuple[str, ...]

    @property
    def keeps_leading_zero(self) -> bool:
        """Tell whether a leading zero belongs to the number itself (Italy and its enclaves)."""
        return self.code in {"IT", "SM", "VA"}


def _parse(line: str) -> Country:
    code, calling_code, trunk_prefix, lengths, *names = line.split()
    shortest, _, longest = lengths.partition("-")
    return Country(
        code=code,
        calling_code=calling_code.strip("-"),
        trunk_prefix=trunk_prefix.strip("-"),
        shortest=int(shortest or 0),
        longest=int(longest or 0),
        names=tuple(names),
    )


COUNTRIES = {country.code: country for country in map(_parse, _TABLE.splitlines())}
_CODE_BY_NAME = {name: country.code for country in COUNTRIES.values() for name in country.names}
_NAMES_LONGEST_FIRST = sorted(_CODE_BY_NAME, key=len, reverse=True)


def country_named(text: str | None) -> Country | None:
    """Return the country an ISO code or a name stands for, or None."""
    letters = "".join(filter(str.isalpha, text or ""))
    if len(letters) == 2:
        return COUNTRIES.get({"UK": "GB"}.get(letters.upper(), letters.upper()))
    code = _CODE_BY_NAME.get(letters.lower())
    return COUNTRIES[code] if code else None


def country_within(letters: str) -> Country | None:
    """Return the country whose longest name occurs in lower-case letters, or None."""
    if len(letters) < 3:
        return None
    for name in _NAMES_LONGEST_FIRST:
        if name in letters:
            return COUNTRIES[_CODE_BY_NAME[name]]
    return None
