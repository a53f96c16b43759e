import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simengine.errors import SimengineError
from simengine.evaluate.features.tables import Table, encode_tables, open_table


def test_csv_and_parquet_read_alike(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\n1,x,true\n2.5,y,false\n")
    table = pa.table({"a": [1.0, 2.5], "b": ["x", "y"], "c": [True, False]})
    pq.write_table(table, tmp_path / "t.parquet")
    one, other = open_table(tmp_path / "t.csv"), open_table(tmp_path / "t.parquet")
    assert {k: v.tolist() for k, v in one.columns.items()} == {k: v.tolist() for k, v in other.columns.items()}
    assert one.columns["c"].tolist() == [1.0, 0.0] and one.columns["b"].dtype.kind == "U"


def test_a_folder_is_read_as_one_table(tmp_path):
    for k in range(3):
        (tmp_path / f"{k}.csv").write_text(f"a\n{k}\n")
    assert open_table(tmp_path).columns["a"].tolist() == [0, 1, 2]
    (tmp_path / "odd.csv").write_text("b\n1\n")
    with pytest.raises(SimengineError, match=r"odd\.csv has other columns"):
        open_table(tmp_path)


@pytest.mark.parametrize("gap", ["", "nan", "inf"])
def test_missing_values_are_named_or_dropped(tmp_path, gap):
    (tmp_path / "t.csv").write_text(f"a,b\n1,2\n3,{gap}\n4,5\n")
    with pytest.raises(SimengineError, match=r"column 'b' has 1 missing values, the first in row 2.*--drop-missing"):
        open_table(tmp_path / "t.csv")
    assert open_table(tmp_path / "t.csv", drop_missing=True).columns["a"].tolist() == [1, 4]


def test_a_table_without_a_whole_row_is_none(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,\n,2\n")
    with pytest.raises(SimengineError, match="none of them without a missing value"):
        open_table(tmp_path / "t.csv", drop_missing=True)


def test_numbers_are_standardised_by_the_real_table():
    real = Table("real", {"a": np.array([0.0, 2.0]), "flat": np.array([1.0, 1.0])})
    other = Table("other", {"a": np.array([4.0]), "flat": np.array([1.0])})
    (first, second), names = encode_tables([real, other])
    assert names == ("a",) and first.tolist() == [[-1], [1]] and second.tolist() == [[3]]


def test_text_becomes_one_column_a_level():
    real = Table("real", {"kind": np.array(["x", "y", "x", "x"])})
    other = Table("other", {"kind": np.array(["z"])})
    (first, second), names = encode_tables([real, other])
    assert names == ("kind = x", "kind = y", "kind = z")
    assert (first[:, 0] > 0).tolist() == [True, False, True, True] and (second > 0).tolist() == [[False, False, True]]
    assert first.mean(axis=0) == pytest.approx(0.0)


def test_what_does_not_fit_is_named():
    number, text = Table("n", {"a": np.zeros(2)}), Table("t", {"a": np.array(["x", "y"])})
    with pytest.raises(SimengineError, match="numbers in one of n and t"):
        encode_tables([number, text])
    with pytest.raises(SimengineError, match=r"different columns \(a, b\)"):
        encode_tables([number, Table("b", {"b": np.zeros(2)})])
    with pytest.raises(SimengineError, match="no column that varies"):
        encode_tables([number, number])


def test_no_table_at_all(tmp_path):
    with pytest.raises(SimengineError, match="holds no table"):
        open_table(tmp_path)
    (tmp_path / "bad.parquet").write_bytes(b"nothing")
    with pytest.raises(SimengineError, match=r"bad\.parquet is no table"):
        open_table(tmp_path)
