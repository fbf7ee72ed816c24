"""What thousands of explanations say together: counts, shares with intervals, durations.

DuckDB does the counting inside the Parquet file, so memory does not grow with the number of clips.
Emotions are expressed ones, as far as the explanations name them.
"""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xemogpt.batch.counts import (
    BINS,
    CueCount,
    EmotionCount,
    Moment,
    Period,
    Stats,
    wilson,
)
from xemogpt.batch.results import KEY
from xemogpt.batch.rows import schema
from xemogpt.errors import ConfigError, DatasetError, MissingDependencyError

if TYPE_CHECKING:
    import duckdb

MAX_GROUPS = 100_000
"""More groups than this are no grouping."""
_MEMORY = "1GB"
_UNKNOWN = "(not known)"
GROUPS = {
    "file": "id",
    "folder": "CASE WHEN contains(file, '/') THEN regexp_replace(file, '/[^/]*$', '') ELSE '.' END",
    "speaker": f"coalesce(speaker, '{_UNKNOWN}')",
    "language": f"coalesce(language, '{_UNKNOWN}')",
    "emotion": f"coalesce(emotion, '{_UNKNOWN}')",
    "day": f"coalesce(strftime(recorded_at, '%Y-%m-%d'), '{_UNKNOWN}')",
    "month": f"coalesce(strftime(recorded_at, '%Y-%m'), '{_UNKNOWN}')",
}
"""Name of a grouping -> how it is read from a row."""


def compute_stats(path: str | Path, by: str | None = None) -> Stats:
    """Count what is in the results of a batch.

    Args:
        path: a Parquet file that ``xemogpt explain --out`` wrote.
        by: one of ``GROUPS``; all clips together by default.

    Raises:
        ConfigError: if there is no such grouping.
        DatasetError: if the file is not there, not ours, damaged or without clips.
        MissingDependencyError: if DuckDB is not installed.
    """
    if by is not None and by not in GROUPS:
        raise ConfigError(f"by {by!r} is not known; choose one of {', '.join(GROUPS)}")
    path = Path(path)
    check_results(path)
    duckdb = _duckdb()
    try:
        with duckdb.connect() as db:
            db.execute(f"SET memory_limit = '{_MEMORY}'")
            return _compute(db, path, by)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise DatasetError(f"{path} cannot be read ({first}); make it anew") from error


def check_results(path: Path) -> None:
    """See whether a file is one of ours, by its metadata and columns.

    Raises:
        DatasetError: if it is not.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise DatasetError(f"{path} is no file; give what `xemogpt explain --out` wrote")
    try:
        found = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(
            f"{path} is no Parquet file, or a damaged one ({str(error).splitlines()[0]}); give"
            " what `xemogpt explain --out results.parquet` wrote"
        ) from error
    if KEY.encode() not in (found.metadata or {}):
        raise DatasetError(
            f"{path} was not written by `xemogpt explain --out results.parquet`; its columns are"
            f" {', '.join(found.names[:8])}"
        )
    if not found.equals(schema()):
        raise DatasetError(
            f"{path} was written by another version of xemogpt; explain the clips anew"
        )


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise MissingDependencyError(
            'statistics need DuckDB: pip install "xemogpt[stats]"'
        ) from error
    return duckdb


def _compute(db: "duckdb.DuckDBPyConnection", path: Path, by: str | None) -> Stats:
    group = "'all'" if by is None else GROUPS[by]
    # A view cannot take a parameter; the name is quoted as SQL wants it.
    name = str(path.absolute()).replace("'", "''")
    db.execute(f"CREATE VIEW clips AS SELECT *, {group} AS grp FROM read_parquet('{name}')")
    db.execute(
        "CREATE VIEW spans AS SELECT id, grp, duration_s, c.modality, c.kind, c.text, c.start_s,"
        " coalesce(c.end_s, c.start_s) AS end_s FROM (SELECT id, grp, duration_s, unnest(cues) AS c"
        " FROM clips)"
    )
    ((num, speakers, seconds),) = _rows(
        db, "SELECT count(*), count(DISTINCT speaker), coalesce(sum(duration_s), 0) FROM clips"
    )
    if not num:
        raise DatasetError(f"{path} holds no clips: none could be explained; see its failures file")
    groups = _rows(
        db,
        "SELECT grp, count(*), sum(duration_s) FROM clips GROUP BY grp ORDER BY count(*) DESC, grp"
        f" LIMIT {MAX_GROUPS}",
    )
    sizes = {name: (count, length) for name, count, length in groups}
    period, over_time = _over_time(db)
    return Stats(
        file=str(path),
        by=by,
        num_clips=num,
        num_speakers=speakers,
        seconds=round(seconds, 3),
        models=tuple(row[0] for row in _rows(db, "SELECT DISTINCT model FROM clips ORDER BY 1")),
        groups=tuple(sizes),
        emotions=tuple(_emotions(db, sizes)),
        cues=tuple(_cues(db, sizes)),
        emotions_over_clip=tuple(_over_clip(db, "emotional", num)),
        cues_over_clip=tuple(_over_clip(db, "measurable", num)),
        period=period,
        emotions_over_time=tuple(over_time),
    )


Sizes = dict[str, tuple[int, float]]
"""Group -> clips and seconds of media."""


def _emotions(db: "duckdb.DuckDBPyConnection", sizes: Sizes) -> list[EmotionCount]:
    times = {
        (group, label): seconds
        for group, label, seconds in _rows(
            db,
            "SELECT grp, w.emotions[1].label, sum(w.end_s - w.start_s) FROM"
            " (SELECT grp, unnest(windows) AS w FROM clips) WHERE len(w.emotions) > 0"
            " GROUP BY ALL",
        )
    }
    return [
        EmotionCount(
            group, label, num, sizes[group][0], *_share(num, sizes[group][0]),
            round(times.get((group, label), 0.0), 3),
        )
        for group, label, num in _rows(
            db,
            f"SELECT grp, coalesce(emotion, '{_UNKNOWN}'), count(*) AS n FROM clips GROUP BY ALL"
            " ORDER BY grp, n DESC, 2",
        )
        if group in sizes
    ]  # fmt: skip


def _cues(db: "duckdb.DuckDBPyConnection", sizes: Sizes) -> list[CueCount]:
    found = []
    for group, modality, kind, clips, num, seconds, median in _rows(
        db,
        "SELECT grp, modality, coalesce(kind, text), count(DISTINCT id), count(*),"
        " coalesce(sum(end_s - start_s), 0), median(end_s - start_s) FROM spans GROUP BY ALL"
        " ORDER BY grp, modality DESC, 4 DESC, 3",
    ):
        if group not in sizes:
            continue
        of_clips, length_s = sizes[group]
        found.append(
            CueCount(
                group, modality, kind, clips, of_clips, *_share(clips, of_clips), num,
                round(60 * num / length_s, 4) if length_s else None, round(seconds, 3),
                None if median is None else round(median, 3),
            )
        )  # fmt: skip
    return found


def _over_clip(db: "duckdb.DuckDBPyConnection", what: str, num_clips: int) -> list[Moment]:
    """Share of clips in each tenth of which something goes on."""
    condition = "modality = 'emotional'" if what == "emotional" else "modality != 'emotional'"
    rows = _rows(
        db,
        f"""
        WITH timed AS (SELECT *, coalesce(kind, text) AS name FROM spans
            WHERE {condition} AND start_s IS NOT NULL AND duration_s > 0),
        common AS (SELECT name FROM timed GROUP BY name ORDER BY count(DISTINCT id) DESC, name
            LIMIT 8)
        SELECT part, name, count(DISTINCT id) FROM timed SEMI JOIN common USING (name),
            range({BINS}) AS parts(part)
        WHERE start_s < (part + 1) * duration_s / {BINS}
            AND greatest(end_s, start_s + 0.001) > part * duration_s / {BINS}
        GROUP BY ALL ORDER BY name, part
        """,
    )
    seen = {(name, part): num for part, name, num in rows}
    names = list(dict.fromkeys(name for _, name, _ in rows))
    counts = [(part, name, seen.get((name, part), 0)) for name in names for part in range(BINS)]
    return [
        Moment(part, name, num, num_clips, *_share(num, num_clips)) for part, name, num in counts
    ]


def _over_time(db: "duckdb.DuckDBPyConnection") -> tuple[str | None, list[Period]]:
    """Emotions by day, week or month of recording, whichever gives a readable number."""
    ((days,),) = _rows(db, "SELECT date_diff('day', min(recorded_at), max(recorded_at)) FROM clips")
    if days is None:
        return None, []
    period = "day" if days <= 45 else "week" if days <= 365 else "month"
    rows = _rows(
        db,
        f"SELECT strftime(date_trunc('{period}', recorded_at), '%Y-%m-%d') AS begins,"
        f" coalesce(emotion, '{_UNKNOWN}'), count(*) FROM clips WHERE recorded_at IS NOT NULL"
        " GROUP BY ALL ORDER BY 2, 1",
    )
    totals = Counter[str]()
    for begins, _, num in rows:
        totals[begins] += num
    counts = {(emotion, begins): num for begins, emotion, num in rows}
    # A period without an emotion is a share of 0, not a gap.
    emotions = dict.fromkeys(emotion for _, emotion, _ in rows)
    return period, [
        Period(
            begins, emotion, counts.get((emotion, begins), 0), totals[begins],
            *_share(counts.get((emotion, begins), 0), totals[begins]),
        )
        for emotion in emotions
        for begins in sorted(totals)
    ]  # fmt: skip


def _rows(db: "duckdb.DuckDBPyConnection", query: str) -> list[tuple[Any, ...]]:
    return db.execute(query).fetchall()


def _share(num: int, total: int) -> tuple[float, float, float]:
    low, high = wilson(num, total)
    return round(num / total, 6), round(low, 6), round(high, 6)
