"""test_digest_mail.py - the digest of a day arrives once, conforms, and is said to be in doubt where it is

Run by "meson test --suite e2e", which names the programs in MUGAI, MUGAI_WORKER and MUGAI_KEEP. A real Postfix takes it;
what no Postfix does (fall silent after the final dot), a server of 40 lines does. Nothing of mugai is imported.
"""

import datetime
import email
import email.policy
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import harness  # noqa: E402
import test_cli  # noqa: E402
import test_release  # noqa: E402
from test_release import EX_CONFIG, EX_TEMPFAIL, EX_UNAVAILABLE, LATER, NO, NOBODY, SATO, TANAKA, USAGE  # noqa: E402

EX_SOFTWARE = 70

SENDER = "mugai@city.example.jp"
DAY = ("--since", "2026-11-20", "--until", "2026-11-21")
HOSTILE = b"=?utf-8?B?6KuL5rGC5pu4?= http://evil.example/"  # 請求書


class Digests:
    def configure(self, at, to=TANAKA, more="", **_):
        self.config.write_text(f"[worker]\nprogram = {test_cli.WORKER}\ncount = 1\n[store]\npath = {self.store}\n"
                               f"min_free = 1\n[digest]\nserver = {at}\nsender = {SENDER}\nto = {to}\n"
                               f"tls = opportunistic\nsubjects = yes\n{more}")

    def digest(self, status, *arguments):
        return self.check(status, "digest", *DAY, *arguments)

    def start(self, *arguments):
        process = subprocess.Popen([test_cli.MUGAI, "digest", "--config", self.config, *arguments],
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def kill_after_the_dot(self, *arguments):
        """The server that has it and never said so."""
        silent = threading.Event()
        self.addCleanup(silent.set)
        server = self.server({".": silent})
        process = self.start(*arguments)
        self.assertTrue(server.saw["."].wait(60))
        process.kill()
        process.wait()
        silent.set()
        return server

    def outcomes(self):
        return [entry["outcome"].partition(":")[0] for entry in self.entries() if entry["verb"] == "digest"]


class Arrives(Digests, test_release.Town):
    def setUp(self):
        super().setUp()
        self.identity = self.keep(test_cli.with_attachment(subject=HOSTILE, name=b"invoice.exe"))
        self.other = self.keep(test_cli.PLAIN, received=test_cli.RECEIVED - 3 * 86400)

    def test_it_arrives_once_conforms_and_names_what_was_removed(self):
        key = self.directory / "seal"
        self.check(0, "keygen", "--output", key, config=False)
        self.configure(f"smtp://localhost:{self.postfix.port}", to=f"{TANAKA}, {SATO}",
                       more=f"[seal]\nkey = {key}.key\n")
        self.digest(0)
        copies = self.arrived()
        self.assertEqual(len(copies), 2)
        for octets in copies:
            self.assert_conforms(octets[octets.index(b"\r\nDate: ") + 2:])  # Postfix folds its Received with a TAB
            mail = email.message_from_bytes(octets, policy=email.policy.SMTP)
            self.assertTrue(mail["Mugai-Seal"])
            self.assertEqual((mail["From"], mail["To"]), (SENDER, f"{TANAKA}, {SATO}"))
            text = mail.get_content()
            for word in (self.identity, "invoice.exe", "suzuki@example.com", "受信 1 件"):
                self.assertIn(word, text)
            self.assertNotIn(self.other, text)
        self.assertIn(b"--again", self.digest(NO).stderr)
        self.assertEqual(self.arrived(), [])
        self.digest(0, "--again")
        self.assertEqual(len(self.arrived()), 2)
        self.assertEqual(self.outcomes(), ["granted", "sending", "sent", "granted", "granted", "sending", "sent"])
        self.assertNotIn(b"digest.lock", self.run_mugai("fsck").stdout)

    def test_another_day_is_another_digest(self):
        self.digest(0)
        self.check(0, "digest", "--since", "2026-11-16", "--until", "2026-11-20")
        self.assertEqual(len(self.arrived()), 2)

    def test_who_was_refused_is_named_and_what_failed_is_tried_again(self):
        at = f"smtp://localhost:{self.postfix.port}"
        self.configure(at, to=LATER)
        self.digest(EX_TEMPFAIL)
        self.configure(at, to=f"{TANAKA}, {NOBODY}")
        self.assertIn(NOBODY.encode(), self.digest(EX_UNAVAILABLE).stderr)
        self.assertEqual(len(self.arrived()), 1)

    def test_dry_run_shows_it_and_sends_nothing(self):
        self.assertIn("invoice.exe", self.digest(0, "--dry-run").stdout.decode())
        counts = json.loads(self.digest(0, "--dry-run", "--json").stdout)
        self.assertEqual((counts["messages"], counts["removed"], counts["sent"]), (1, 1, False))
        self.assertEqual(self.arrived(), [])
        self.assertEqual(self.outcomes(), ["granted", "granted"])


class Breaks(Digests, test_release.Case):
    def setUp(self):
        super().setUp()
        self.keep(test_cli.with_attachment())

    def test_killed_after_the_dot_it_is_not_sent_twice_but_said(self):
        server = self.kill_after_the_dot(*DAY)
        self.assertIn(b"perhaps sent", self.digest(NO).stderr)
        self.assertEqual(len(server.messages), 1)
        self.digest(0, "--again")
        self.assertEqual(len(server.messages), 2)

    def test_no_server_is_tempfail_and_the_next_try_sends_it(self):
        self.configure(f"smtp://127.0.0.1:{harness.free_port()}")
        self.digest(EX_TEMPFAIL)
        server = self.server()
        self.digest(0)
        self.assertEqual(len(server.messages), 1)
        self.assert_conforms(server.messages[0])

    @staticmethod
    def waits(process):
        """Whether it waits for a lock that another one has: Linux marks those in its list with an arrow."""
        return any(line.split()[1] == "->" and str(process.pid) in line.split()
                   for line in pathlib.Path("/proc/locks").read_text().splitlines())

    def test_of_two_at_once_one_is_sent_and_the_other_one_waits_for_it(self):
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        server = self.server({".": go_on})
        first = self.start(*DAY)
        self.assertTrue(server.saw["."].wait(60))
        second = self.start(*DAY)
        while not self.waits(second):
            self.assertIsNone(second.poll(), "it did not wait")
        go_on.set()
        self.assertEqual((first.wait(60), second.wait(60)), (0, NO))
        self.assertIn(b"sent already", second.stderr.read())
        self.assertEqual(len(server.messages), 1)

    def test_of_many_that_begin_together_one_is_sent(self):
        server = self.server()
        children = [self.start(*DAY) for _ in range(8)]
        self.assertEqual(sorted(child.wait(60) for child in children), [0] + [NO] * 7)
        self.assertEqual(len(server.messages), 1)

    def test_wrong_use_is_said(self):
        self.configure("smtp://127.0.0.1:1", to="*@city.example.jp")
        self.assertIn(b"NAME@DOMAIN", self.digest(EX_CONFIG).stderr)
        self.config.write_text(f"[store]\npath = {self.store}\n")
        self.assertIn(b"[digest] server", self.digest(EX_CONFIG).stderr)
        self.check(USAGE, "digest", "--since", "today", "--until", "yesterday")
        self.check(USAGE, "digest", "word")


def midnight(days):
    """That of the local day so many days ago, in unix seconds."""
    today = time.localtime()
    return int(time.mktime((today.tm_year, today.tm_mon, today.tm_mday - days, 0, 0, 0, 0, 0, -1)))


def date(days):
    return time.strftime("%Y-%m-%d", time.localtime(midnight(days)))


def of_day(days):
    return "--since", date(days), "--until", date(days - 1)


class Days(Digests, test_release.Case):
    """As the timer starts it, without a time, where the day is not that of UTC."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.live_at, os.environ.get("TZ"))
        self.live_at("JST-9")
        self.sent = self.server()

    @staticmethod
    def live_at(zone):
        os.environ.pop("TZ", None)
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()

    def keep_at(self, days, hour=5):
        return self.keep(test_cli.with_attachment(), received=midnight(days) + hour * 3600)

    def days(self, server=None):
        """The days that the digests at the server are of, in the order of their arrival."""
        mails = [email.message_from_bytes(octets, policy=email.policy.SMTP) for octets in (server or self.sent).messages]
        return [mail["Subject"].split("日報 ")[1][:10] for mail in mails]

    def run_plain(self, status, *arguments):
        return self.check(status, "digest", *arguments)

    def test_what_goes_soon_is_counted_by_the_days_of_each(self):
        for days in (82, 84, 24):
            self.keep_at(days)
        counts = []
        for rule in ("", "[policy brief]\nrecipients = *@*.jp\nretention_days = 30\n",
                     "[policy long]\nrecipients = *@*.jp\nretention_days = 3650\n",
                     "[policy others]\nrecipients = *@example.com\nretention_days = 8\n"):
            self.configure("smtp://127.0.0.1:1", more=rule)
            counts.append(json.loads(self.run_plain(0, "--dry-run", "--json").stdout)["expiring"])
        self.assertEqual(counts, [1, 3, 0, 1])

    def test_the_first_one_is_of_yesterday(self):
        self.keep_at(3)
        self.keep_at(1)
        self.run_plain(0)
        self.assertEqual(self.days(), [date(1)])
        self.assertIn(b"sent already", self.run_plain(NO).stderr)
        self.assertEqual(self.days(), [date(1)])

    def test_each_day_since_the_last_one_that_was_sent_has_its_own(self):
        kept = {days: self.keep_at(days) for days in (4, 3, 1)}
        self.check(0, "digest", *of_day(4))
        said = self.run_plain(0, "--dry-run").stdout.decode()
        self.assertEqual([kept[days] in said for days in (4, 3, 1)], [False, True, True])
        self.run_plain(0)
        self.assertEqual(self.days(), [date(days) for days in (4, 3, 2, 1)])
        texts = [email.message_from_bytes(octets, policy=email.policy.SMTP).get_content()
                 for octets in self.sent.messages]
        self.assertEqual([[days for days in (4, 3, 1) if kept[days] in text] for text in texts], [[4], [3], [], [1]])
        self.assertIn("取り除いたものはありません", texts[2])

    def pass_hours(self, hours):
        """The log is as if all of it had been written so much earlier."""
        lines = [json.loads(line) for path in sorted((self.store / "log").glob("*.jsonl"))
                 for line in path.read_text().splitlines()]
        for path in (self.store / "log").glob("*.jsonl"):
            path.unlink()
        for line in lines:
            then = datetime.datetime.fromisoformat(line["time"]) - datetime.timedelta(hours=hours)
            line["time"] = then.isoformat(timespec="seconds")
            path = self.store / "log" / then.astimezone(datetime.timezone.utc).strftime("%Y-%m.jsonl")
            with path.open("a") as file:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def test_after_a_month_it_is_of_the_last_fourteen_days_and_the_others_are_named(self):
        self.keep_at(1)
        self.check(0, "digest", *of_day(31))
        self.pass_hours(30 * 24)
        said = self.run_plain(0).stderr.decode()
        self.assertEqual(self.days()[1:], [date(days) for days in range(14, 0, -1)])
        (since, until), = re.findall("--since '(.*?)' --until '(.*?)'", said)
        self.assertEqual((since[:10], until[:10]), (date(30), date(14)))
        self.check(0, "digest", "--since", since, "--until", until)
        self.assertEqual(self.days()[-1], date(30))
        self.assertNotIn("--since", self.run_plain(NO).stderr.decode())

    def test_a_dry_run_makes_no_day_due(self):
        self.keep_at(5)
        self.check(0, "digest", *of_day(5), "--dry-run")
        self.run_plain(0)
        self.assertEqual(self.days(), [date(1)])

    def test_what_is_refused_for_good_is_not_tried_at_once_but_the_next_day(self):
        self.keep_at(1)
        self.server({f"RCPT TO:<{TANAKA}>": "550 5.1.1 no such user"})
        self.assertIn(TANAKA.encode(), self.run_plain(EX_UNAVAILABLE).stderr)
        self.assertEqual(self.outcomes(), ["granted", "sending", "failed"])
        server = self.server()
        self.run_plain(0)
        self.assertEqual(self.days(server), [date(1)])

    def test_a_day_that_was_refused_does_not_keep_the_others_from_being_sent(self):
        self.keep_at(2)
        self.check(0, "digest", *of_day(4))
        dead = self.server({f"RCPT TO:<{TANAKA}>": "550 5.1.1 no such user"})
        self.run_plain(EX_UNAVAILABLE)
        self.assertEqual(dead.messages, [])
        self.assertEqual(self.outcomes().count("failed"), 3)
        server = self.server()
        self.run_plain(0)
        self.assertEqual(self.days(server), [date(days) for days in (3, 2, 1)])

    def test_one_in_doubt_is_said_and_not_sent_again(self):
        self.keep_at(1)
        self.check(0, "digest", *of_day(3))
        server = self.kill_after_the_dot(*of_day(1))
        server = self.server()
        self.assertIn(b"perhaps sent", self.run_plain(NO).stderr)
        self.assertEqual(self.days(server), [])

    def test_without_an_index_it_is_tried_later(self):
        self.keep_at(1)
        for break_it in (self.lose_index, lambda: (self.store / "index.sqlite").write_bytes(b"no database" * 99)):
            break_it()
            self.run_plain(EX_TEMPFAIL)
            self.assertEqual(self.outcomes()[-1], "unreadable")
            self.assertEqual(self.days(), [])
        self.check(NO, "fsck", "--repair")
        self.run_plain(0)
        self.assertEqual(self.days(), [date(1)])

    def test_what_the_index_does_not_know_is_waited_for_a_day_and_then_said(self):
        lost = self.keep_at(2)
        self.keep_at(1)
        self.lose_index()
        self.keep(test_cli.PLAIN, received=midnight(1) + 6 * 3600)
        self.assertIn(b"1 originals", self.run_plain(EX_TEMPFAIL).stderr)
        self.assertEqual(self.days(), [])
        shown = json.loads(self.run_plain(0, "--dry-run", "--json").stdout)
        self.assertEqual((shown["missing"], shown["messages"]), (1, 1))
        self.check(EX_TEMPFAIL, "digest", *of_day(2))
        self.pass_hours(25)
        self.check(0, "digest", *of_day(2))
        text = email.message_from_bytes(self.sent.messages[0], policy=email.policy.SMTP).get_content()
        self.assertIn("集計できないもの 1 件", text)
        self.assertNotIn("取り除いたものはありません", text)
        self.check(NO, "fsck", "--repair")
        self.run_plain(0)
        self.check(0, "digest", *of_day(2), "--again")
        text = email.message_from_bytes(self.sent.messages[-1], policy=email.policy.SMTP).get_content()
        self.assertIn(lost, text)
        self.assertIn("配送されたかどうか分かりません", text)

    def test_a_day_that_is_made_up_for_waits_for_the_index_and_keeps_no_other_from_being_sent(self):
        self.keep_at(6)
        self.check(0, "digest", *of_day(6))
        late = self.keep_at(5)
        self.lose_index()
        self.keep_at(1)
        self.run_plain(EX_TEMPFAIL)
        self.assertEqual(self.days(), [date(days) for days in (6, 4, 3, 2, 1)])
        self.check(NO, "fsck", "--repair")
        self.run_plain(0)
        self.assertEqual(self.days()[5:], [date(5)])
        self.assertIn(late, email.message_from_bytes(self.sent.messages[-1], policy=email.policy.SMTP).get_content())
        self.run_plain(NO)

    def test_what_waits_does_not_have_a_refusal_asked_for_again(self):
        self.keep_at(4)
        self.check(0, "digest", *of_day(4))
        self.keep_at(3)
        self.lose_index()
        self.keep_at(1)
        self.server({f"RCPT TO:<{TANAKA}>": "550 5.1.1 no such user"})
        self.run_plain(EX_UNAVAILABLE)
        self.assertEqual(self.outcomes()[3:], ["granted", "incomplete"] + ["granted", "sending", "failed"] * 2)

    def test_one_in_doubt_stays_so_while_the_index_is_lost(self):
        self.keep_at(1)
        server = self.kill_after_the_dot()
        server = self.server()
        self.lose_index()
        self.run_plain(EX_TEMPFAIL)
        self.check(NO, "fsck", "--repair")
        self.assertIn(b"perhaps sent", self.run_plain(NO).stderr)
        self.assertEqual(self.days(server), [])

    def test_what_the_unit_tries_again_is_what_a_later_try_may_help(self):
        unit = (HERE.parent.parent / "packaging/systemd/mugai-digest.service").read_text()
        never = unit.split("RestartPreventExitStatus=")[1].split("\n")[0].split()
        for status in (NO, USAGE, EX_UNAVAILABLE, EX_SOFTWARE, EX_CONFIG):
            self.assertIn(str(status), never)
        self.assertNotIn(str(EX_TEMPFAIL), never)


class Readers(Digests, test_release.Case):
    """Each recipient hears of his own mail, once."""

    def setUp(self):
        super().setUp()
        self.sent = self.server()

    def server(self, replies=None, **more):
        server = super().server(replies, **more)
        self.configure(f"smtp://127.0.0.1:{server.port}", more="recipients = *@city.example.jp\n")
        return server

    def keep_for(self, *recipients, message=None, name=b"report.bin"):
        return self.keep(message or test_cli.with_attachment(name=name), recipients=recipients)

    def mails(self, server=None):
        """{reader: the text of his}; each has one at most, to himself alone, as the envelope says."""
        found = {}
        envelopes = [line for line in (server or self.sent).commands if line.startswith(b"RCPT")]
        for octets in (server or self.sent).messages:
            self.assert_conforms(octets)
            mail = email.message_from_bytes(octets, policy=email.policy.SMTP)
            self.assertNotIn(mail["To"], found)
            self.assertIn(f"RCPT TO:<{mail['To']}>\r\n".encode(), envelopes)
            found[mail["To"]] = mail.get_content()
        return found

    def test_each_hears_of_his_own_mail_and_of_nobody_elses(self):
        both = self.keep_for("sato@city.example.jp", "Suzuki@CITY.example.jp", name=b"both.bin")
        alone = self.keep_for("SUZUKI@city.example.jp", name=b"alone.bin")
        like = self.keep_for("sato@city.example.jp.evil.example", "xsato@city.example.jp", name=b"like.bin")
        self.digest(0)
        mails = self.mails()
        self.assertEqual(set(mails), {TANAKA, "sato@city.example.jp", "suzuki@city.example.jp", "xsato@city.example.jp"})
        told = {reader: [identity for identity in (both, alone, like) if identity in text]
                for reader, text in mails.items()}
        self.assertEqual(told, {TANAKA: [both, alone, like], "sato@city.example.jp": [both],
                                "suzuki@city.example.jp": [both, alone], "xsato@city.example.jp": [like]})
        self.assertNotIn("suzuki@city", mails["sato@city.example.jp"].lower())
        self.assertNotIn("alone.bin", mails["sato@city.example.jp"])
        self.assertIn("あなた宛て", mails["sato@city.example.jp"])

    def test_who_is_named_twice_in_one_is_told_once(self):
        identity = self.keep_for("sato@city.example.jp", "SATO@city.example.jp")
        self.digest(0)
        self.assertEqual(self.mails()["sato@city.example.jp"].count(identity), 1)

    def test_who_lost_nothing_gets_nothing(self):
        self.keep_for("sato@city.example.jp", message=test_cli.PLAIN)
        self.digest(0)
        self.assertEqual(set(self.mails()), {TANAKA})

    def test_nobody_gets_one_where_none_is_named(self):
        self.keep_for("sato@city.example.jp")
        self.configure(f"smtp://127.0.0.1:{self.sent.port}")
        self.digest(0)
        self.assertEqual(set(self.mails()), {TANAKA})

    def test_what_would_be_a_command_or_a_route_gets_nothing(self):
        self.keep_for('"a b"@city.example.jp', "a%b@city.example.jp", "a>\r\nDATA@city.example.jp", "@city.example.jp")
        self.digest(0)
        self.assertEqual(set(self.mails()), {TANAKA})

    def test_each_gets_it_once_also_where_others_are_refused(self):
        for reader in ("aoki", "baba", "chiba"):
            self.keep_for(f"{reader}@city.example.jp")
        server = self.server({"RCPT TO:<aoki@city.example.jp>": "550 5.1.1 no such user",
                              "RCPT TO:<baba@city.example.jp>": "450 4.2.2 mailbox full"})
        said = self.digest(EX_TEMPFAIL).stderr.decode()
        self.assertIn("aoki@city.example.jp: ", said)
        self.assertIn("baba@city.example.jp: ", said)
        self.assertEqual(set(self.mails(server)), {"chiba@city.example.jp", TANAKA})
        server = self.server()
        self.digest(0)
        self.assertEqual(set(self.mails(server)), {"baba@city.example.jp"})
        server = self.server()
        self.assertIn(b"sent already", self.digest(NO).stderr)
        self.assertEqual(server.messages, [])

    def test_one_that_waits_makes_yesterday_due(self):
        self.keep(test_cli.with_attachment(), received=midnight(1) + 3600, recipients=("baba@city.example.jp",))
        server = self.server({"RCPT TO:<baba@city.example.jp>": "450 4.2.2 mailbox full"})
        for _ in range(2):
            self.check(EX_TEMPFAIL, "digest")
        self.assertEqual(set(self.mails(server)), {TANAKA})
        server = self.server()
        self.check(0, "digest")
        self.assertEqual(set(self.mails(server)), {"baba@city.example.jp"})
        self.check(NO, "digest")

    def test_one_that_waits_makes_any_day_due_until_nobody_is_to_have_one(self):
        self.keep(test_cli.PLAIN, received=midnight(4) + 3600)
        self.check(0, "digest", *of_day(4))
        self.keep(test_cli.with_attachment(), received=midnight(3) + 3600, recipients=("baba@city.example.jp",))
        server = self.server({"RCPT TO:<baba@city.example.jp>": "450 4.2.2 mailbox full"})
        self.check(EX_TEMPFAIL, "digest")
        self.assertEqual(len(server.messages), 3)
        server = self.server({"RCPT TO:<baba@city.example.jp>": "450 4.2.2 mailbox full"})
        self.check(EX_TEMPFAIL, "digest")
        self.assertEqual(server.messages, [])
        config = self.config.read_text()
        self.configure(f"smtp://127.0.0.1:{server.port}")
        self.check(NO, "digest")
        self.assertIn(f" {midnight(1)}-", self.entries()[-1]["reason"])
        self.config.write_text(config)
        server = self.server()
        self.check(0, "digest")
        self.assertEqual(set(self.mails(server)), {"baba@city.example.jp"})
        self.check(NO, "digest")

    def test_a_server_that_takes_nothing_is_not_asked_for_each(self):
        for number in range(6):
            self.keep_for(f"user{number}@city.example.jp")
        server = self.server({"RCPT": "450 4.3.2 not now"})
        self.digest(EX_TEMPFAIL)
        asked = [line for line in server.commands if line.startswith(b"RCPT TO:<user")]
        self.assertEqual(len(asked), 3)
        server = self.server()
        self.digest(0)
        self.assertEqual(len(self.mails(server)), 7)

    def test_one_in_doubt_is_not_sent_again(self):
        self.keep_for("sato@city.example.jp")
        server = self.kill_after_the_dot(*DAY)
        server = self.server()
        self.digest(0)
        self.assertEqual(set(self.mails(server)), {TANAKA})


if __name__ == "__main__":
    unittest.main()
