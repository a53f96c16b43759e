from oracles.fake_chain import FakeChain

from simengine.dataset.record import MachineRecord, SampleRecord
from simengine.dataset.tally import Tally, reason_kind


class Nowhere:
    def write(self, name, data):
        pass


def test_counts_add_up_in_any_grouping():
    records = [FakeChain()()(index, Nowhere(), "shards/000000") for index in range(6)]
    whole = Tally()
    for record in records:
        whole.add(record)
    parts = Tally()
    for group in (records[4:], records[:1], records[1:4]):
        part = Tally()
        for record in group:
            part.add(record)
        parts.merge(Tally.from_dict(part.to_dict()))
    assert parts == whole
    assert whole.samples == 6 and whole.views == 12 and whole.files == 36
    assert whole.rejected == {"physics: cube[#] fell # m": 2}
    assert whole.objects.total() + whole.dropped.total() == 6 * 2 * 4


def test_reasons_that_differ_in_numbers_are_one_kind():
    assert reason_kind("die[13] moves at 0.12 m/s after 6 s") == "die[#] moves at # m/s after # s"
    assert reason_kind("M8_bolt[2] at -1e-05 m") == "M8_bolt[#] at # m"


def test_recordings_are_counted_by_fault_and_named_only_where_there_are_some():
    machines = [
        MachineRecord("rig", "worn", 0.2, "inner+outer", ["x", "y"], 1),
        MachineRecord("rig", None, 1.0, "normal", ["x"], 12),
    ]
    record = SampleRecord(3, 0, 0, {}, {}, [], None, [], machines)
    again = SampleRecord.from_dict(record.to_dict())
    assert again == record and again.machines[1].recordings == 12
    tally = Tally()
    tally.add(again)
    assert tally.recordings == {"inner+outer": 1, "normal": 12} and tally.signals == 14
    tally.merge(Tally.from_dict(tally.to_dict()))
    assert tally.to_dict()["signals"] == 28 and tally.to_dict()["recordings"]["normal"] == 24
    assert not {"signals", "recordings"} & set(Tally().to_dict())
