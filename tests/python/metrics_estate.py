"""A tiny landing folder in which every trap of the metrics occurs once, and detection output to go with it.

Small enough to add up on paper; `TOTALS` is that sum.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from data_layer.landing.load import load_landing
from data_layer.warehouse.config import WarehouseConfig
from data_layer.warehouse.connection import open_warehouse
from data_layer.warehouse.dbt_session import DbtSession
from landing_files import csv_text, write

HALF_HOURS = [f"hh_{period:02d}" for period in range(1, 51)]

# A day before the 12 months; then 29 March with 48 half-hours, 30 March with 46 (the clocks go forward), 31 March with
# 48, of which one was not read.
READING_DAYS = [
    ("E1", "2024-03-30", "kwh", "A", [Decimal("0.25")] * 48),
    ("E1", "2025-03-29", "kwh", "A", [Decimal("1.5")] * 48),
    ("E1", "2025-03-30", "kwh", "E", [Decimal("2")] * 46),
    ("E1", "2025-03-31", "kwh", "A", [Decimal("0")] * 10 + [None] + [Decimal("1")] * 37),
    ("G1", "2025-03-31", "kwh", "A", [Decimal("0.25")] * 48),
    # a part of what E1 counts already
    ("X1", "2025-03-31", "kwh", "P", [Decimal("0.125")] * 48),
]
REACTIVE_DAYS = [("E1", "2025-03-29", "kvarh", "A", [Decimal("2")] + [Decimal("0")] * 47)]
EXPORT_DAYS = [
    ("E1", "2025-03-31", "kwh", "A", [Decimal("0.5")] * 48),
    ("X1", "2025-03-31", "kwh", "A", [Decimal("0.25")] * 48),
]

TOTALS = {
    "energy_consumption_kwh": Decimal("225.000"),
    "energy_exported_kwh": Decimal("24.000"),
    "covered_half_hours": Decimal(48 + 48 + 46 + 47 + 48 + 48),
    # E1 for 367 days, three changes of the clock among them, which is two half-hours less; G1 and X1 for one day
    "due_half_hours": Decimal(367 * 48 - 2 + 48 + 48),
    "profiled_half_hours": Decimal(48),
    "energy_cost_gbp": Decimal("61.2500"),
    # I1 should have been 201 kWh at 0.24, 31 days and 31 x 100 kVA at 0.01; a supply of 6.5 kWh a day bears no levy
    "virtual_bill_gbp": Decimal("90.2400"),
    # I0 was taken back: I1 stands
    "standing_bill_gbp": Decimal("61.2500"),
    "standing_bill_kwh": Decimal("201.0000"),
    "checked_bill_gbp": Decimal("73.5000"),
    # VAT of 12.25 at 20 % for 3.06 at 5 %
    "unexplained_bill_gbp": Decimal("9.1900"),
    "avoidable_bill_gbp": Decimal("48.2400"),
    "virtual_bill_kwh": Decimal("201.0000"),
    # 3 kW and 4 kvar on 29 March
    "peak_demand_kva": Decimal("5.0"),
    "agreed_capacity_kva": Decimal("100.00"),
    "capacity_headroom_kva": Decimal("95.00"),
    # E1 from 30 March 2024 to 31 March 2025, G1 and X1 on their one day; 364 of E1 are faulty: 363 without any reading,
    # and the last, of which a half-hour is missing; the one with estimates is not
    "energy_quality_days": Decimal(369),
    "energy_faulty_days": Decimal(364),
    "energy_excluded_kwh": Decimal("92.000"),
    "travel_spend_gbp": Decimal("380.5500"),
    "travel_repeated_gbp": Decimal("120.0000"),
    "travel_bookings": Decimal(3),
    "travel_lead_time_days": Decimal(40),
    "joiners": Decimal(5),
    "leavers": Decimal(2),
    "members": Decimal(3),
    "savings_sequenced_gbp": Decimal("15.5000"),
    "savings_standalone_gbp": Decimal("19.5000"),
    "savings_sequenced_kwh": Decimal("11.000"),
    "savings_cautious_gbp": Decimal("9.07"),
    "savings_candidates": Decimal(3),
    "savings_excluded_kwh": Decimal("92.000"),
}
AVERAGE_LEAD_TIME_DAYS = 40 / 3
UNEXPLAINED_BILL_SHARE = 9.19 / 73.50
AVERAGE_UNIT_RATE = 61.25 / 201
AVOIDABLE_UNIT_RATE = 48.24 / 201
ESTIMATED_READ_SHARE = 46 / 285


def build_estate(config: WarehouseConfig) -> None:
    """Load the landing files, add what detection would write, and build everything, tests included."""
    write_landing(config.landing)
    report = load_landing(config)
    assert report.rows_quarantined == 0 and not report.refused, report.summary()
    append_detection(config)
    with DbtSession(config) as session:
        session.build()


def write_landing(landing: Path) -> None:
    """The landing files."""
    write(
        landing, "core/business_units.csv", csv_text("business_unit_id,business_unit_name", ["food,Food", "care,Care"])
    )
    write(
        landing,
        "core/cost_centres.csv",
        csv_text("cost_centre_id,cost_centre_name,business_unit_id", ["C1,Stores,food", "C2,Homes,care"]),
    )
    write(
        landing,
        "energy/sites.csv",
        csv_text(
            "site_id,valid_from_date,site_name,site_type,business_unit_id,cost_centre_id,region,nation,open_date",
            [
                "S1,2020-01-01,High Street,food_store,food,C1,North West,england,2020-01-01",
                "S1,2025-03-31,High Street,office,food,C1,North West,england,2020-01-01",
                "S2,2020-01-01,Chapel Lane,funeral_home,care,C2,Wales,wales,2020-01-01",
            ],
        ),
    )
    write(
        landing,
        "energy/meters.csv",
        csv_text(
            "meter_id,valid_from_date,site_id,fuel,interval_minutes,related_meter_id,relation",
            [
                "E1,2020-01-01,S1,electricity,30,,",
                "G1,2020-01-01,S2,gas,30,,",
                "X1,2025-03-31,S1,electricity,30,E1,submeter_of",
            ],
        ),
    )
    write(
        landing,
        "energy/readings_hh.csv",
        csv_text(
            ",".join(["meter_id,measurement_quantity,settlement_date,unit,reading_type", *HALF_HOURS]),
            [
                ",".join([meter, quantity, day, unit, kind, *(_cell(values, index) for index in range(50))])
                for quantity, days in (("AI", READING_DAYS), ("AE", EXPORT_DAYS), ("RI", REACTIVE_DAYS))
                for meter, day, unit, kind, values in days
            ],
        ),
    )
    write(
        landing,
        "energy/contracts.csv",
        csv_text(
            "contract_id,meter_id,supplier_id,supplier_name,element,rate_band,rate_gbp,rate_unit,agreed_capacity_kva,"
            "valid_from_date",
            [
                "C1,E1,P1,Power,unit,all,0.240000,kwh,,2024-04-01",
                "C1,E1,P1,Power,standing,all,0.354839,day,,2024-04-01",
                "C1,E1,P1,Power,capacity,all,0.010000,kva_day,100.00,2024-04-01",
            ],
        ),
    )
    write(
        landing,
        "energy/invoices.csv",
        csv_text(
            "invoice_id,meter_id,supplier_id,issue_date,period_start_date,period_end_date,is_estimated,"
            "net_gbp,vat_gbp,gross_gbp,invoice_type,cancels_invoice_id",
            [
                "I1,E1,P1,2025-04-01,2025-03-01,2025-03-31,false,61.2500,12.2500,73.5000,,",
                "I0,E1,P1,2025-03-01,2025-02-01,2025-02-28,true,10.0000,0.5000,10.5000,invoice,",
                "I0C,E1,P1,2025-03-02,2025-02-01,2025-02-28,true,-10.0000,-0.5000,-10.5000,credit_note,I0",
            ],
        ),
    )
    write(
        landing,
        "energy/invoice_lines.csv",
        csv_text(
            "invoice_id,line_number,element,rate_band,quantity,quantity_unit,rate_gbp,net_gbp,vat_rate_pct,vat_gbp",
            [
                "I1,1,unit,all,201.0000,kwh,0.250000,50.2500,20.00,10.0500",
                "I1,2,standing,all,31.0000,day,0.354839,11.0000,20.00,2.2000",
                "I0,1,unit,all,40.0000,kwh,0.250000,10.0000,5.00,0.5000",
                "I0C,1,unit,all,-40.0000,kwh,0.250000,-10.0000,5.00,-0.5000",
            ],
        ),
    )
    _write_travel(landing)
    _write_membership(landing)


def _write_travel(landing: Path) -> None:
    header = (
        "booking_id,traveller_id,cost_centre_id,supplier_id,supplier_name,travel_mode,booking_status,nights,"
        "net_gbp,vat_gbp,booked_date,travel_start_date,travel_end_date"
    )
    write(
        landing,
        "travel/bookings.csv",
        csv_text(
            header,
            [
                "B1,T1,C1,R1,Rail,rail,travelled,,100.0000,0.0000,2025-03-01,2025-03-11,2025-03-11",
                "B2,T2,C2,H1,Hotel,hotel,travelled,2,150.0000,30.0000,2025-03-01,2025-03-31,2025-04-02",
                # booked after travel began: no lead time at all
                "B3,T1,C1,H1,Hotel,hotel,travelled,1,80.0000,16.0000,2025-03-13,2025-03-12,2025-03-13",
                # cancelled: only what was still charged
                "B4,T3,C1,A1,Air,air,cancelled,,15.2500,0.0000,2025-01-01,2025-03-15,2025-03-16",
            ],
        ),
    )
    write(
        landing,
        "travel/expense_lines.csv",
        csv_text(
            "expense_line_id,claim_id,traveller_id,cost_centre_id,booking_id,expense_type,distance_miles,"
            "net_gbp,vat_gbp,spend_date",
            [
                # repeats a booking; names a booking that nobody has; names none
                "X1,K1,T1,C1,B1,rail,,120.0000,0.0000,2025-03-11",
                "X2,K1,T1,C1,B9,taxi,,12.8000,0.0000,2025-03-11",
                "X3,K2,T2,C2,,mileage,50.00,22.5000,0.0000,2025-04-01",
            ],
        ),
    )


def _write_membership(landing: Path) -> None:
    write(
        landing,
        "membership/members.csv",
        csv_text(
            "member_id,home_region,birth_year", ["M1,Wales,1989", "M2,,1990", "M3,Scotland,1950", "M4,Wales,2000"]
        ),
    )
    write(
        landing,
        "membership/membership_events.csv",
        csv_text(
            "event_id,member_id,event_type,join_channel,event_at",
            [
                # before the calendar begins
                "V1,M1,joined,store,2009-06-01T10:00:00+01:00",
                "V2,M1,left,,2025-02-28T23:30:00+00:00",
                # 23:30 UTC in summer time is the next local day, and the next month
                "V3,M1,joined,web,2025-06-30T23:30:00+00:00",
                "V4,M2,joined,store,2025-01-10T10:00:00+00:00",
                "V5,M2,joined,web,2025-01-11T10:00:00+00:00",
                "V6,M3,joined,store,2025-01-12T10:00:00+00:00",
                "V7,M3,died,,2025-03-31T12:00:00+01:00",
                "V8,M3,joined,web,2025-04-02T12:00:00+01:00",
                "V9,M4,left,,2025-01-05T12:00:00+00:00",
                "V10,M5,joined,,2025-05-01T12:00:00+01:00",
            ],
        ),
    )


def append_detection(config: WarehouseConfig) -> None:
    """What detection and forecasting would write, with an overlap on 29 March and a claim before the 12 months."""
    claims = [
        # candidate, detector, meter, band, standalone and sequenced kWh, standalone and sequenced GBP, day
        ("K1", "load_when_closed", "E1", "all", "8.000", "8.000", "2.0000", "2.0000", "2025-03-29"),
        ("K1", "load_when_closed", "E1", "all", "5.000", "5.000", "9.0000", "9.0000", "2024-03-30"),
        ("K2", "night_load", "E1", "all", "10.000", "2.000", "2.5000", "0.5000", "2025-03-29"),
        ("K2", "night_load", "E1", "all", "3.000", "1.000", "3.0000", "1.0000", "2025-03-30"),
        ("K3", "capacity_above_need", "E1", "capacity", "0.000", "0.000", "12.0000", "12.0000", "2025-03-31"),
    ]
    candidates = [
        # candidate, detector, class, cautious, P50, P90
        ("K1", "load_when_closed", "B", "1.04", "2.00", "3.00"),
        ("K2", "night_load", "B", "-0.47", "1.50", "2.50"),
        ("K3", "capacity_above_need", "A", "8.50", "12.00", "12.00"),
    ]
    exclusions = [
        ("all", "E1", "estimated_reads", "46 half-hours are estimates, not readings.", 1, "92.000", "2025-03-30"),
        ("load_when_closed", "G1", "short_history", "Only 1 day of readings.", 1, "12.000", "2025-03-31"),
    ]
    with open_warehouse(config) as warehouse, warehouse.transaction():
        schema = warehouse.schema("raw_savings")
        warehouse.append(
            schema,
            "claims",
            _table(
                claims,
                ["candidate_id", "detector_id", "meter_id", "rate_band"],
                {"standalone_kwh": 3, "sequenced_kwh": 3, "standalone_gbp": 4, "sequenced_gbp": 4},
                ["settlement_date"],
            ),
        )
        warehouse.append(
            schema,
            "candidates",
            _table(
                [
                    (
                        *(candidate, detector, "1", evidence_class, "E1", "S1", "{}", "Seen.", "20 placebo pairs"),
                        *(cautious, p50, p90, "2025-03-31", "2024-04-01", "2025-03-31"),
                    )
                    for candidate, detector, evidence_class, cautious, p50, p90 in candidates
                ],
                [
                    *("candidate_id", "detector_id", "detector_version", "evidence_class", "meter_id", "site_id"),
                    *("evidence", "evidence_sentence", "range_basis"),
                ],
                {"cautious_gbp": 2, "p50_gbp": 2, "p90_gbp": 2},
                ["as_of_date", "period_start_date", "period_end_date"],
            ),
        )
        table = _table(
            [(*row[:4], row[5], row[6], row[6]) for row in exclusions],
            ["detector_id", "meter_id", "reason_code", "reason"],
            {"excluded_kwh": 3},
            ["from_date", "to_date"],
        )
        days = pa.array([row[4] for row in exclusions], pa.int32())
        warehouse.append(schema, "exclusions", table.append_column("excluded_days", days))
        found = _table(
            [("E1", "estimated_reads", "46 half-hours are estimates, not readings.", *("1", "92", "92"), "2025-03-30")],
            ["meter_id", "status_code", "reason"],
            {"ratio": 6, "excluded_kwh": 3, "sequenced_excluded_kwh": 3},
            ["settlement_date"],
        ).append_column("affected_half_hours", pa.array([46], pa.int32()))
        for name in ("is_left_out_of_savings", "is_left_out_of_forecasts"):
            found = found.append_column(name, pa.array([True]))
        warehouse.append(warehouse.schema("raw_quality"), "day_findings", found)
        warehouse.append(
            warehouse.schema("raw_forecasts"),
            "energy_daily",
            _table(
                [("E1", "prophet-1", "50.0000", "40.0000", "60.0000", "80.00", "2025-03-31", "2025-04-01")],
                ["meter_id", "model_id"],
                {"predicted_kwh": 4, "lower_kwh": 4, "upper_kwh": 4, "interval_pct": 2},
                ["as_of_date", "forecast_date"],
            ).append_column("horizon_days", pa.array([1], pa.int32())),
        )


def _cell(values: list[Decimal | None], index: int) -> str:
    value = values[index] if index < len(values) else None
    return "" if value is None else str(value)


def _table(rows: list[tuple], strings: list[str], decimals: dict[str, int], dates: list[str]) -> pa.Table:
    """Arrow table of rows of text: columns of strings, then of decimals with their scale, then of dates."""
    kinds = [
        *((name, pa.string(), str) for name in strings),
        *(
            (name, pa.decimal128(5 if name == "interval_pct" else 18, scale), Decimal)
            for name, scale in decimals.items()
        ),
        *((name, pa.date32(), datetime.date.fromisoformat) for name in dates),
    ]
    return pa.table(
        {
            name: pa.array([convert(row[index]) for row in rows], kind)
            for index, (name, kind, convert) in enumerate(kinds)
        }
    )
