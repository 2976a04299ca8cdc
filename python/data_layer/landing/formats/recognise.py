"""Which layout a supplier's file has, told by its header, or by the number and kinds of its columns without one.

The layout that names most of the file's columns wins, a layout of the user's own before one that came with the product.
Where that leaves more than one, the values of the first lines decide; where they do not, the file is refused.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from datetime import datetime

from data_layer.landing import text_file
from data_layer.landing.files import FileRefusedError, LandingFile
from data_layer.landing.formats.definition import (
    DAY,
    DELIMITERS,
    OFFSET,
    PERIOD,
    ColumnRef,
    SupplierFormat,
    normalised,
)
from data_layer.landing.rules import OFFSET_FORM, TIMESTAMP_FORM

LINES_LOOKED_AT = 200
SMALLEST_SHARE = 0.5
"""A layout without header, or one of several that have the same header, fits when so much of its values can be read."""


class NoLayoutFitsError(FileRefusedError):
    """None of the layouts is the file's."""


@dataclass(frozen=True)
class Fit:
    """A file read by a layout.

    names         the file's own names of its columns, in order; made up where it has none
    places        place in the file (from 0) of each column that the layout names and the file has
    meters        name and place of each meter's column (`rows: time`)
    text          how the text is read
    share         share of the first rows whose time and values are of the kinds expected; None without rows
    time_share    the same, of the times alone
    """

    layout: SupplierFormat
    names: tuple[str, ...]
    places: dict[ColumnRef, int]
    meters: tuple[tuple[str, int], ...]
    text: text_file.TextLayout
    share: float | None = None
    time_share: float | None = None


@dataclass(frozen=True)
class Misfit:
    """Why a layout is not the file's: `difference` in words, `distance` to choose the nearest by.

    distance  share of the layout's columns that are missing, and of the file's that are unknown to it; 0 to 2
    """

    layout: SupplierFormat
    difference: str
    distance: float


def recognise(file: LandingFile, formats: tuple[SupplierFormat, ...]) -> tuple[list[Fit], list[Misfit]]:
    """The layouts that fit equally well, best first by name, and the others with what differs.

    Raises FileRefusedError when the file is empty, damaged or no text.
    """
    encoding = text_file.encoding_of(file)
    has_nul = text_file.check_bytes(file, encoding)
    lines = text_file.first_lines(file, encoding, LINES_LOOKED_AT)
    if not any(line.strip(" \t\r\n\0\ufeff,;|") for line in lines):
        raise FileRefusedError("The file has no header and no rows, only blank lines. Deliver it again.")
    first = next(line for line in lines if line.strip(" \t\r\n\0\ufeff,;|"))
    told = re.fullmatch(r"\s*\"?sep=(.?)\"?[\s,;|\0]*", first.lstrip("\ufeff"), re.IGNORECASE)
    told_delimiter = (told[1] or None) if told else None
    if told and not any(line.strip(" \t\r\n\0,;|") for line in lines[lines.index(first) + 1 :]):
        raise FileRefusedError(
            f"After line 1 (`{first.strip()}`) the file is empty: no header, no rows. Deliver it again."
        )
    fits, misfits = [], []
    words = {name for layout in formats if layout.meter and not layout.is_own for name in _names(layout)}
    for layout in formats:
        delimiter = told_delimiter or _delimiter(first, layout.delimiter)
        records = _records(lines, delimiter)[1 if told else 0 :]
        head = (1 if told else 0) + (layout.header_line or 0)
        found = _fit(layout, records, text_file.TextLayout((), has_nul, encoding, delimiter, head, True), words)
        (misfits if isinstance(found, Misfit) else fits).append(found)
    return _best(fits, misfits)


def choose(file: LandingFile, formats: tuple[SupplierFormat, ...]) -> Fit:
    """The layout of the file. Raises FileRefusedError when none fits, or more than one does equally well."""
    fits, misfits = recognise(file, formats)
    if len(fits) == 1:
        return fits[0]
    if fits and not any(fit.time_share for fit in fits):
        names = " and ".join(fit.layout.name for fit in fits)
        forms = ", ".join(dict.fromkeys(form for fit in fits for form in fit.layout.date_formats))
        raise FileRefusedError(
            f"The header is that of the layouts {names}, but no time of the first rows is in a form that they know: "
            f"{forms}. Describe the file by a YAML in the landing folder's formats/ that names the form of its times."
        )
    if fits:
        names = " and ".join(fit.layout.name for fit in fits)
        raise FileRefusedError(
            f"The layouts {names} fit equally well, so the file could be read in more than one way. "
            "Take one of them out of formats/, or let it name more of the file's columns."
        )
    nearest = min(misfits, key=lambda misfit: (misfit.distance, misfit.layout.name), default=None)
    near = f" Nearest is {nearest.layout.name}: {nearest.difference}." if nearest else ""
    raise NoLayoutFitsError(
        f"No supplier's layout fits the file.{near} Correct the file, or describe it by a YAML in the landing folder's "
        "formats/; `data-layer formats try FILE` shows what each layout misses."
    )


def _delimiter(first_line: str, given: str) -> str:
    """The layout's, unless the first line has none of it and has another."""
    return given if given in first_line else max(DELIMITERS, key=first_line.count)


def _names(layout: SupplierFormat) -> set[str]:
    """Names that a layout has for its columns, normalised."""
    return {name for ref in (*layout.column_refs, *layout.ignored) for name in ref.names}


def _records(lines: list[str], delimiter: str) -> list[list[str]]:
    """Records that are not blank; a line that cannot be read as CSV is passed over here, and judged later."""
    records = []
    try:
        for record in csv.reader(lines, delimiter=delimiter):
            values = [value.strip(" \t\r\n\0\ufeff") for value in record]
            if any(values):
                records.append(values)
    except csv.Error:
        pass
    return records


def _fit(layout: SupplierFormat, records: list[list[str]], text: text_file.TextLayout, words: set[str]) -> Fit | Misfit:
    """`words`: names of columns that are known from other layouts, and so are no meter's."""
    if layout.header_line is None:
        return _fit_without_header(layout, records, text)
    if len(records) < layout.header_line:
        return Misfit(layout, f"its header is line {layout.header_line}, and there are {len(records)} lines", 2)
    header = records[layout.header_line - 1]
    full_width = len(header)
    while header and not header[-1]:
        header = header[:-1]
    names = [normalised(name) for name in header]
    places = {ref: place for ref in layout.column_refs if (place := _place(ref, names)) is not None}
    missing = [ref for ref in layout.column_refs if ref not in places and not ref.is_optional]
    left_out = {place for ref in layout.ignored if (place := _place(ref, names)) is not None}
    others = [place for place, name in enumerate(names) if name and place not in {*places.values(), *left_out}]
    twice = [header[place] for place, name in enumerate(names) if name and names.count(name) > 1]
    meters = ()
    if layout.meter is None:
        meters = tuple((header[place], place) for place in others)
        others = [place for place in others if names[place] in words]
        missing += [] if meters else [ColumnRef(shown="for a meter")]
    if layout.ignores_others:
        others = []
    if missing or others or twice:
        needed = sum(not ref.is_optional for ref in layout.column_refs)
        # Where any column may be a meter only the column of times tells such a file, and other layouts' columns do not.
        unknown = 1 + bool(others) if layout.meter is None else (len(others) + len(twice)) / max(len(header), 1)
        distance = len(missing) / needed + unknown
        return Misfit(layout, _difference(missing, [header[place] for place in others], twice), distance)
    if not _times_ascend(layout, places):
        return Misfit(
            layout,
            "the columns of times are not in the order of a day that begins with the layout's first: "
            "00:00 as the last names the end",
            0,
        )
    text = replace(text, header=tuple(f"c{place}" for place in range(len(header))), surplus=full_width - len(header))
    fit = Fit(layout, _own_names(header), places, meters, text)
    rows = records[layout.header_line :]
    time_share = sum(_has_time(fit, row) for row in rows) / len(rows) if rows else None
    fit = replace(fit, share=readable_share(fit, rows), time_share=time_share)
    if layout.meter is None and fit.share is not None and fit.share < SMALLEST_SHARE:
        # Any file with a column of times would be taken for readings.
        return Misfit(layout, "its other columns are not all numbers, or its times are of another form", 1)
    return fit


def _times_ascend(layout: SupplierFormat, places: dict[ColumnRef, int]) -> bool:
    """Whether columns that are named by times stand in the order of the day: 00:00 may be its start or its end."""
    for block in layout.blocks:
        found = [places[ref] for ref in block.columns if ref in places and re.search(r"\d\d:\d\d", ref.shown)]
        if found != sorted(found):
            return False
    return True


def _fit_without_header(layout: SupplierFormat, records: list[list[str]], text: text_file.TextLayout) -> Fit | Misfit:
    width = layout.column_count
    first = records[0] if records else []
    if len(first) != width:
        difference = f"a file of that layout has no header and {width} columns, and line 1 has {len(first)}"
        return Misfit(layout, difference, 1 + abs(len(first) - width) / (len(first) + width))
    places = {ref: ref.position - 1 for ref in layout.column_refs}
    text = replace(text, header=tuple(f"c{place}" for place in range(width)))
    fit = Fit(layout, tuple(f"column_{place + 1}" for place in range(width)), places, (), text)
    fit = replace(fit, share=readable_share(fit, records))
    if fit.share < SMALLEST_SHARE or not _has_numbers(fit, first):
        return Misfit(layout, "a file of that layout has no header, and the values are of other kinds", 1)
    return fit


def readable_share(fit: Fit, records: list[list[str]]) -> float | None:
    """Share of the records whose time and values are of the kinds that the layout expects; None without records."""
    if not records:
        return None
    return sum(_has_time(fit, record) and _has_numbers(fit, record) for record in records) / len(records)


def _has_numbers(fit: Fit, record: list[str]) -> bool:
    places = [fit.places[ref] for block in fit.layout.blocks for ref in block.columns if ref in fit.places]
    places += [place for _, place in fit.meters]
    numbers = sum(place < len(record) and _is_number(record[place]) for place in places)
    return numbers >= SMALLEST_SHARE * len(places)


def _has_time(fit: Fit, record: list[str]) -> bool:
    layout = fit.layout
    parts = [record[fit.places[ref]] for ref in (layout.date, layout.time) if ref and fit.places[ref] < len(record)]
    text = re.sub(r"(:\d\d)[.]0+", r"\1", " ".join(parts))
    if layout.basis == OFFSET:
        return re.fullmatch(TIMESTAMP_FORM + OFFSET_FORM, text) is not None
    if layout.basis == PERIOD and layout.rows != DAY:
        place = fit.places[layout.period]
        return place < len(record) and record[place].isdigit() and _is_date(text, layout.date_formats)
    return _is_date(text.replace("24:00", "00:00"), layout.date_formats)


def _is_date(text: str, formats: tuple[str, ...]) -> bool:
    def fits(form: str) -> bool:
        try:
            datetime.strptime(text, form)
        except ValueError:
            return False
        return True

    return any(map(fits, formats))


def _is_number(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True


def _best(fits: list[Fit], misfits: list[Misfit]) -> tuple[list[Fit], list[Misfit]]:
    """Only those that name most columns stay, own layouts first; the rest becomes a misfit with the reason."""
    reasons = (
        (lambda fit: fit.layout.is_own, "it fits, but so does {winner}, which is your own"),
        (lambda fit: len(fit.places), "it fits, but {winner} names more of the file's columns"),
        (lambda fit: (fit.share or 0, fit.time_share or 0), "it fits the header, but {winner} fits the values better"),
    )
    for rank, reason in reasons:
        highest = max(map(rank, fits), default=None)
        best = [fit for fit in fits if rank(fit) == highest]
        misfits += [Misfit(fit.layout, reason.format(winner=best[0].layout.name), 0) for fit in fits if fit not in best]
        fits = best
    # Without rows there is nothing that could be read in more than one way.
    return ([] if not fits else fits[:1] if fits[0].share is None else fits), misfits


def _place(ref: ColumnRef, names: list[str]) -> int | None:
    return next((place for place, name in enumerate(names) if name and name in ref.names), None)


def _own_names(header: list[str]) -> tuple[str, ...]:
    """Every column under a name of its own, so that a row can be kept as JSON."""
    return tuple(name or f"column_{place + 1}" for place, name in enumerate(header))


def _difference(missing: list[ColumnRef], others: list[str], twice: list[str]) -> str:
    parts = []
    if missing:
        parts.append(f"the file has no column {_few([str(ref) for ref in missing])}")
    if others:
        parts.append(f"the layout does not know {_few(others)}")
    if twice:
        parts.append(f"{_few(list(dict.fromkeys(twice)))} stands there twice")
    return ", and ".join(parts)


def _few(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
