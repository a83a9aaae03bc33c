#!/usr/bin/python3
"""test_cli_stats.py - what is counted is what was put in, in all forms that "mugai stats" has

Run by "meson test", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. Nothing of mugai is imported.
"""

import csv
import io
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_cli  # noqa: E402
from test_cli import NO, PLAIN, USAGE, with_attachment  # noqa: E402

DAY = 86400
COUNTS = ("messages", "passed", "notice_only", "unknown", "octets", "kept", "converted", "removed", "unreadable",
          "warned", "held", "damaged")


class Stats(test_cli.Case):
    def setUp(self):
        super().setUp()
        self.now = int(time.time())
        self.whole = with_attachment()
        self.keep(PLAIN, received=self.now - 60, sender="a@One.example", recipients=("x@city.example.jp", "y@CITY.example.jp"))
        self.keep(self.whole, received=self.now - 60, sender="b@one.example", recipients=("x@town.example.jp", "x@city.example.jp"))
        self.keep(self.whole, state="notice-only", received=self.now - 3 * DAY, sender="")
        self.last = self.keep(PLAIN, state="kept", received=self.now - 40 * DAY)
        self.check(0, "hold", self.last, "--reason", "x")

    def stats(self, *arguments):
        """(of all, {name: of it})"""
        lines = [json.loads(line) for line in self.check(0, "stats", *arguments, "--json").stdout.splitlines()]
        return lines[0], {next(iter(line.values())): line for line in lines[1:]}

    def counts(self, found, *names):
        return tuple(found[name] for name in names)

    def test_all_of_the_time_that_was_asked_for_is_counted(self):
        found, apart = self.stats("--since", "2020-01-01")
        self.assertEqual(apart, {})
        self.assertEqual(set(found), {"since", "until", *COUNTS})
        self.assertEqual(self.counts(found, "messages", "passed", "notice_only", "unknown"), (4, 2, 1, 1))
        self.assertEqual(found["octets"], 2 * len(PLAIN) + 2 * len(self.whole))
        self.assertEqual(self.counts(found, "kept", "converted", "removed", "unreadable"), (4, 0, 2, 0))
        self.assertEqual(self.counts(found, "warned", "held", "damaged"), (0, 1, 0))

    def test_unless_told_otherwise_it_is_of_thirty_days(self):
        self.assertEqual(self.stats()[0]["messages"], 3)
        self.assertEqual(self.stats("--since", "-1h")[0]["messages"], 2)
        self.assertEqual(self.stats("--until", "-1h")[0]["messages"], 1)

    def test_by_day_in_order_with_nothing_counted_twice(self):
        found, days = self.stats("--since", "2020-01-01", "--by", "day")
        names = [time.strftime("%Y-%m-%d", time.localtime(self.now - age)) for age in (40 * DAY, 3 * DAY, 60)]
        self.assertEqual(list(days), names)
        for name in COUNTS:
            self.assertEqual(sum(day[name] for day in days.values()), found[name], name)

    def test_by_the_domain_of_the_sender_whatever_its_case(self):
        _, domains = self.stats("--by", "sender")
        self.assertEqual({name: line["messages"] for name, line in domains.items()}, {"one.example": 2, "<>": 1})
        self.assertEqual(domains["one.example"]["octets"], len(PLAIN) + len(self.whole))

    def test_by_the_domains_of_recipients_once_for_each_message(self):
        _, domains = self.stats("--by", "recipient")
        self.assertEqual({name: line["messages"] for name, line in domains.items()},
                         {"city.example.jp": 3, "town.example.jp": 1})

    def test_by_type_parts_are_counted_with_their_octets(self):
        _, types = self.stats("--since", "2020-01-01", "--by", "type")
        self.assertEqual(self.counts(types.pop("text/plain"), "messages", "kept", "removed"), (4, 4, 0))
        ((_, other),) = types.items()  # libmagic's name for it
        self.assertEqual(self.counts(other, "messages", "kept", "removed", "octets"), (2, 0, 2, 2 * len(test_cli.PAYLOAD)))

    def test_the_most_frequent_ones_come_first_and_are_limited(self):
        for name in ("zz", "aa"):
            self.keep(PLAIN, received=self.now - 30, sender=f"a@{name}.example")
        self.assertEqual(list(self.stats("--by", "sender")[1]), ["one.example", "<>", "aa.example", "zz.example"])
        self.assertEqual(list(self.stats("--by", "sender", "--limit", "1")[1]), ["one.example"])
        for number in range(25):
            self.keep(PLAIN, received=self.now - 30, sender=f"a@n{number}.example")
        self.assertEqual(len(self.stats("--by", "sender")[1]), 20)
        self.assertEqual(len(self.stats("--by", "sender", "--limit", "0")[1]), 29)

    def test_the_table_and_the_csv_say_the_same(self):
        text = self.check(0, "stats", "--by", "sender").stdout.decode()
        self.assertRegex(text, r"(?m)^Messages +3$")
        self.assertRegex(text, r"(?m)^one\.example +2 +2 +1 +0 ")
        rows = list(csv.reader(io.StringIO(self.check(0, "stats", "--by", "sender", "--csv").stdout.decode("utf-8-sig"))))
        self.assertEqual(rows[0], ["sender", *COUNTS])
        found, domains = self.stats("--by", "sender")
        for row, line in zip(rows[1:], [found, *domains.values()]):
            self.assertEqual(row[1:], [str(line[name]) for name in COUNTS])
        self.assertEqual([row[0] for row in rows[1:]], ["all", *domains])

    def test_hostile_domains_steer_no_terminal_and_no_spreadsheet(self):
        self.keep(PLAIN, received=self.now - 30, sender="a@\x1b[2J\x07evil.example")
        self.keep(PLAIN, received=self.now - 30, sender="a@=cmd|x")
        for form in ((), ("--csv",), ("--json",)):
            said = self.check(0, "stats", "--by", "sender", *form).stdout
            self.assertNotIn(b"\x1b", said)
            self.assertNotIn(b"\x07", said)
        rows = csv.reader(io.StringIO(self.check(0, "stats", "--by", "sender", "--csv").stdout.decode("utf-8-sig")))
        self.assertIn("'=cmd|x", [row[0] for row in rows])

    def test_it_is_written_down_before(self):
        self.check(0, "stats", "--by", "day")
        last = json.loads(self.check(0, "log", "--verb", "stats", "--json").stdout.splitlines()[-1])
        self.assertEqual((last["verb"], last["outcome"], last["words"][-2:]), ("stats", "granted", ["--by", "day"]))

    def test_without_an_index_it_is_said(self):
        self.lose_index()
        self.assertIn(b"fsck --repair", self.check(NO, "stats").stderr)

    def test_wrong_usage(self):
        for words in (("--by", "moon"), ("--json", "--csv"), ("--limit", "-2"), ("word",),
                      ("--since", "today", "--until", "yesterday"), ("--since", "soon")):
            self.check(USAGE, "stats", *words)


if __name__ == "__main__":
    unittest.main()
