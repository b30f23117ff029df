"""What a key says about the value under it, in the languages our shops are written in."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

def _fold(text: str) -> str:
    """Drop accents and vowel marks, so that one spelling stands for all."""
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(_fold(words).split())


PHONE_WORDS = _vocabulary(
    "phone telephone tel telno telnr telefon telefono telefone telefoon telefonnummer mobile mobil "
    "mobiltelefon mobilnummer mobilenumber mobileno handy handynummer movil celular cell cellphone "
    "cel gsm fax whatsapp msisdn ph phonenumber phoneno contactnumber rufnummer puhelin puhelinnumero "
    "matkapuhelin komorka telefonszam cep ceptelefonu telefonas tlf tlfnr tlfno telf tfno sms "
    "callback nohp notelp dienthoai sdt viber signal telegram "
    "телефон тел мобильный мобільний τηλεφωνο κινητο 電話 電話番号 电话 電話號碼 手机 手机号 手機 携帯 "
    "携帯電話 전화 전화번호 휴대폰 טלפון נייד هاتف جوال الهاتف โทรศัพท์ เบอร์โทร फोन मोबाइल"
)
NAME_WORDS = _vocabulary(
    "firstname fname givenname forename vorname prenom primernombre nombres primeironome voornaam "
    "imie jmeno krestnijmeno keresztnev utonev etunimi fornavn fornamn isim namadepan prenume "
    "middlename lastname lname surname familyname nachname familienname nomdefamille nomfamille "
    "apellido apellidos cognome sobrenome apelido achternaam nazwisko prijmeni vezeteknev csaladnev "
    "sukunimi etternavn efternavn efternamn soyad soyadi soyisim namabelakang fullname customername "
    "cardholder cardholdername nameoncard accountholder accountholdername contactname recipientname "
    "recipient shippingname billingname realname yourname personname clientname buyername "
    "guestname patientname firstlastname nombrecompleto nomecompleto nomcomplet nomprenom "
    "vollername ansprechpartner empfaenger empfanger namalengkap hoten hovaten tennguoinhan adsoyad "
    "имя фамилия отчество фио імя прізвище ονομα επωνυμο ονοματεπωνυμο 姓名 氏名 名字 姓 お名前 이름 성명 "
    "שםפרטי שםמשפחה שםמלא الاسم اسم ชื่อ นามสกุล नाम"
)
WEAK_NAME_WORDS = _vocabulary(
    "name nom nome nombre nume family given fn ln first last ime"
)
PERSON_WORDS = _vocabulary(
    "customer user client contact person recipient buyer billing payer guest "
    "patient holder member subscriber shopper kunde cliente"
)
STREET_WORDS = _vocabulary(
    "street streetaddress streetname strasse calle rua rue ulica ulice utca katuosoite "
    "gateadresse vejnavn gatuadress cadde sokak jalan улица вулиця οδος road straat"
)
ADDRESS_WORDS = STREET_WORDS | _vocabulary(
    "address addr addressline adresse adres adress adresa anschrift indirizzo direccion endereco "
    "morada osoite lakcim cim alamat diachi postaladdress homeaddress mailingaddress lieferadresse "
    "rechnungsadresse адрес адреса διευθυνση 住所 地址 주소 כתובת عنوان العنوان ที่อยู่ पता"
)
NOT_POSTAL_WORDS = _vocabulary(
    "email mail e ip mac web wallet btc eth url page site server host http https"
)
BIRTH_WORDS = _vocabulary(
    "dob dateofbirth birthdate birthday birthdt bday db geburtsdatum geburtstag gebdat gebdatum "
    "datenaissance datedenaissance naissance fechanacimiento fechadenacimiento nacimiento "
    "datanascimento datadenascimento nascimento datadinascita datanascita nascita geboortedatum "
    "dataurodzenia datumnarozeni szuletesidatum szuletesnap syntymaaika syntymapaiva fodselsdato "
    "fodselsdag fodelsedatum dogumtarihi datanasterii tanggallahir tgllahir ngaysinh датарождения "
    "датанародження ημερομηνιαγεννησης 生年月日 生日 出生日期 생년월일 תאריךלידה تاريخالميلاد วันเกิด "
    "birth born"
)
CARD_WORDS = _vocabulary(
    "card cc ccnum ccnumber ccno cardnumber cardno cardnum creditcard creditcardnumber debitcard pan "
    "kreditkarte kreditkartennummer kartennummer carte cartebancaire numerodecarte tarjeta "
    "numerotarjeta cartao numerocartao cartadicredito numerocarta kaartnummer creditcardnummer karta "
    "numerkarty kortnummer kartnumarasi luottokortti"
)
IP_WORDS = _vocabulary(
    "ip ipaddress ipaddr ipv4 ipv6 clientip userip remoteip remoteaddr remoteaddress "
    "xforwardedfor forwardedfor xrealip realip sourceip ipadresse direccionip adresseip"
)
NATIONAL_ID_WORDS = _vocabulary(
    "ssn socialsecurity socialsecuritynumber socialsecurityno sin socialinsurance nino "
    "nationalinsurance nationalinsurancenumber dni nie nif codicefiscale bsn burgerservicenummer "
    "sofinummer cpf steuerid steuernummer steueridnr steueridentifikationsnummer idnr pesel "
    "personnummer personnr hetu henkilotunnus fodselsnummer cpr cprnummer tckn tckimlik tckimlikno "
    "kimlikno aadhaar aadhar rut curp cnp egn rodnecislo oib jmbg nir numerosecu "
    "numerosecuritesociale insee ahv ahvnummer nationalid nationalidnumber nationalidentifier "
    "idnumber identitynumber passport passportno passportnumber passnummer reisepass taxid "
    "personalid personalnumber rrn 身份证 身份证号 마이넘버 주민등록번호 tajszam amka"
)
IDENTIFIER_WORDS = _vocabulary(
    "id ids sku skus gtin ean upc isbn asin mpn order orderid transaction transactionid tid variant "
    "variantid product productid campaign adset gclid fbclid gbraid wbraid dclid msclkid ttclid fbp "
    "fbc clientid sessionid requestid eventid traceid token hash checksum timestamp ts time date "
    "expires exp t price value amount total revenue quantity qty invoice invoiceno tracking "
    "trackingnumber serial serialnumber version ver build lat lng lon zoom width height size dims "
    "pixel pixelid datasetid measurementid uuid guid nonce state"
)
VERSION_WORDS = _vocabulary(
    "version ver v build os release firmware browser app sdk ua useragent agent patch model"
)
ID_SUFFIXES = _vocabulary(
    "id ids sku ean gtin upc isbn"
)
PLACEHOLDERS = _vocabulary(
    "null none nil undefined nan true false yes no on off test unknown anonymous anonymized guest "
    "redacted removed hidden masked filtered deleted empty default value string name firstname "
    "lastname surname first last fullname yourname customer user na notset notprovided notavailable "
    "optional required asc desc any all other home shipping billing address street dob phone email "
    "birthdate xxx xx x"
)

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SPLIT = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class KeyContext:
    """The kinds a key announces; empty for a key that says nothing about a person."""

    phone: bool = False
    name: bool = False
    weak_name: bool = False
    address: bool = False
    street: bool = False
    birth_date: bool = False
    weak_birth_date: bool = False
    card: bool = False
    ip: bool = False
    national_id: bool = False
    identifier: bool = False
    version: bool = False

    @property
    def is_personal(self) -> bool:
        """True when a sibling called `name` may be taken for a person's."""
        return self.phone or self.name or self.address or self.birth_date


NO_KEY = KeyContext()


@lru_cache(maxsize=4096)
def read_key(key: str | None) -> KeyContext:
    """Return what the key announces; paths like customer[phone] or user_data.fn are understood."""
    tokens = _tokens(key or "")
    if not tokens:
        return NO_KEY
    tails = {"".join(tokens[-count:]) for count in (1, 2, 3)}
    heads = {"".join(tokens[:count]) for count in (1, 2, 3)}
    words = set(tokens) | tails
    last = tokens[-1]
    is_postal = bool(tails & ADDRESS_WORDS or "address" in tokens or "addr" in tokens)
    is_person = bool(set(tokens[:-1]) & PERSON_WORDS)
    has_name = bool(tails & NAME_WORDS) or (last in WEAK_NAME_WORDS and is_person)
    if "username" in tails:
        has_name = False
    return KeyContext(
        phone=bool((words | heads) & PHONE_WORDS),
        name=has_name,
        weak_name=last in WEAK_NAME_WORDS,
        address=is_postal and not (set(tokens) & NOT_POSTAL_WORDS),
        street=bool(tails & STREET_WORDS),
        birth_date=bool(tails & BIRTH_WORDS),
        weak_birth_date=last in ("db", "birth", "born"),
        card=bool(words & CARD_WORDS),
        ip=bool((words | heads) & IP_WORDS),
        national_id=bool((words | heads) & NATIONAL_ID_WORDS),
        identifier=bool(tails & IDENTIFIER_WORDS),
        version=bool(set(tokens) & VERSION_WORDS),
    )


def is_placeholder(value: str) -> bool:
    """True for what a template leaves when it had no value to fill in."""
    compact = _SPLIT.sub("", value).lower()
    return (
        not compact
        or compact in PLACEHOLDERS
        or (len(set(compact)) == 1 and compact.isascii())
        or any(mark in value for mark in ("{{", "}}", "*|", "${", "%%", "<%", "[["))
    )


def _tokens(key: str) -> list[str]:
    words = _SPLIT.split(_fold(_CAMEL.sub(" ", key[-120:])))
    tokens = [word.rstrip("0123456789") for word in words]
    return [token for token in tokens if token]
