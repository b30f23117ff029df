"""Slack may do what it likes: a message is delivered, or it is known not to be; no secret leaks."""

import logging
import time
from datetime import UTC, datetime, timedelta

import pytest

from matchback.alerting.message import Line, Message, build_message
from matchback.alerting.settings import AlertSettings
from matchback.alerting.slack import (
    MAX_RETRY_AFTER,
    BotSender,
    Receipt,
    TimeBudget,
    WebhookSender,
    make_sender,
    seconds_to_wait,
)
from matchback.alerting.states import Kind
from tests.fixtures.slack_double import SECRET, drip, hang, reply, reset, slack, truncated

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def quick(**changes) -> TimeBudget:
    return TimeBudget(**{"attempt_seconds": 1, "backoff_seconds": 0.01, **changes})


def make_message() -> Message:
    return build_message([Line(Kind.OPENED, "0123456789", "fail", "hit_ratio", "all")])


def deliver(url: str, budget: TimeBudget | None = None) -> Receipt:
    return WebhookSender(url, budget or quick()).send(make_message(), "default")


def test_a_message_that_slack_takes_is_delivered():
    with slack() as double:
        assert deliver(double.url) == Receipt(True)
    assert double.texts == ["1 opened: hit_ratio"]
    assert double.requests[0]["blocks"]
    assert double.requests[0]["unfurl_links"] is False


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(200, "no"), "HTTP 200 but not accepted: no"),
        (reply(200, '{"ok":false,"error":"jane@example.com"}'), "HTTP 200 but not accepted"),
        (reply(200, ""), "HTTP 200 but not accepted"),
        (reply(404, "no_service"), "HTTP 404: no_service"),
        (truncated, "IncompleteRead"),
        (hang, "timed out"),
        (reset, "RemoteDisconnected"),
        (reply(200, "ok", Content_Type="text/plain; charset=nonsense"), "LookupError"),
    ],
    ids=["other body", "ok false", "empty", "gone", "truncated", "hang", "reset", "charset"],
)
def test_an_answer_that_is_no_complete_ok_is_no_delivery(answer, reason):
    with slack(answer) as double:
        receipt = deliver(double.url, quick(retries=1))
    assert (receipt.is_delivered, receipt.reason) == (False, reason)


def test_a_refused_connection_is_tried_again_and_then_reported():
    with slack() as double:
        url = double.url
    assert deliver(url).reason == "connection refused"


def test_an_untrusted_certificate_is_refused_at_once(tmp_path):
    with slack(certificate=self_signed(tmp_path)) as double:
        receipt = deliver(double.url)
    assert receipt.reason == "the certificate is not trusted"
    assert double.requests == []


def test_a_failing_server_is_tried_again_until_it_works():
    with slack(reply(500), reply(503), reply(502), reply()) as double:
        assert deliver(double.url).is_delivered
    assert len(double.requests) == 4
    assert len(double.taken) == 1


@pytest.mark.parametrize("retry_after", ["0", "0.02", "soon", "", "-7", "nan", "Thu, 01 Jan 1970"])
def test_a_rate_limit_is_waited_for_however_it_is_written(retry_after):
    with slack(reply(429, "ratelimited", Retry_After=retry_after), reply()) as double:
        assert deliver(double.url).is_delivered
    assert len(double.taken) == 1


@pytest.mark.parametrize("retry_after", ["3600", "999999999", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_longer_retry_after_is_not_waited_for(retry_after):
    started = time.monotonic()
    with slack(reply(429, "ratelimited", Retry_After=retry_after)) as double:
        assert deliver(double.url).reason == "HTTP 429: ratelimited"
    assert len(double.requests) == 1
    assert time.monotonic() - started < 2


def test_retry_after_is_read_as_number_date_or_nonsense_and_capped():
    assert seconds_to_wait("7") == 7
    assert seconds_to_wait("Sun, 01 Nov 2026 00:00:30 GMT", NOW) == 30
    assert seconds_to_wait("Sat, 31 Oct 2026 00:00:30 GMT", NOW) == 0
    assert seconds_to_wait("9" * 9) == MAX_RETRY_AFTER
    for nonsense in (None, "", "soon", "-3", "1e9", "inf", "9" * 400, "\u0663", "Sun, 99 Nov"):
        assert seconds_to_wait(nonsense, NOW) == 1


def test_blocks_that_slack_refuses_are_sent_once_more_as_plain_text():
    with slack(reply(400, "invalid_blocks"), reply()) as double:
        assert deliver(double.url).is_delivered
    assert double.taken == [{"text": "1 opened: hit_ratio", "unfurl_links": False}]
    with slack(reply(400, "invalid_blocks")) as double:
        assert deliver(double.url) == Receipt(
            False, "HTTP 400: invalid_blocks", is_about_the_message=True
        )
    assert len(double.requests) == 2


@pytest.mark.parametrize("answer", [drip, hang, reply(429, Retry_After="1"), reply(500)])
def test_all_attempts_of_one_run_together_end_in_time(answer):
    budget = quick(total_seconds=1.5, attempt_seconds=1, retries=50, backoff_seconds=0.3)
    started = time.monotonic()
    with slack(answer) as double:
        sender = WebhookSender(double.url, budget)
        receipts = [sender.send(make_message(), "default") for _ in range(5)]
    assert not any(receipt.is_delivered for receipt in receipts)
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("answer", [None, hang, reset, reply(500), reply(400, "invalid_payload")])
def test_the_url_is_in_no_log_and_no_reason(answer, caplog, capfd):
    logging.getLogger("slack_sdk").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG), slack(*([answer] if answer else [])) as double:
        receipt = deliver(double.url, quick(attempt_seconds=0.3, retries=1))
    said = capfd.readouterr()
    assert SECRET not in receipt.reason + caplog.text + said.out + said.err


@pytest.mark.parametrize("url", [f"http://[::bad/{SECRET}", f"https://a b/{SECRET}", "http://"])
def test_a_url_that_cannot_be_used_is_a_reason_and_not_a_crash(url):
    receipt = deliver(url)
    assert not receipt.is_delivered
    assert SECRET not in receipt.reason


def test_neither_url_nor_token_shows_in_the_settings():
    settings = AlertSettings(webhook_url=SECRET, bot_token=SECRET, bot_channel="#alerts")
    assert SECRET not in repr(settings)
    assert isinstance(make_sender(settings), BotSender)
    assert make_sender(AlertSettings()) is None


def make_bot(url: str) -> BotSender:
    settings = AlertSettings(bot_token="xoxb-canary", bot_channel="#alerts", api_url=f"{url}/")
    return BotSender(settings, quick())


def test_a_bot_opens_a_thread_and_answers_in_it():
    with slack(reply(200, '{"ok":true,"ts":"17.5"}')) as double:
        bot = make_bot(double.url)
        opening = bot.send(make_message(), "default")
        following = bot.send(make_message(), "#privacy", opening.thread)
    assert (opening.thread, following.thread) == ("17.5", "17.5")
    assert [sent["channel"] for sent in double.requests] == ["#alerts", "#privacy"]
    assert [sent.get("thread_ts") for sent in double.requests] == [None, "17.5"]


def test_a_bot_knows_that_http_200_may_mean_no():
    with slack(reply(200, '{"ok":false,"error":"channel_not_found"}')) as double:
        receipt = make_bot(double.url).send(make_message(), "default")
    assert receipt == Receipt(False, "HTTP 200 but not accepted: channel_not_found")
    refusal = reply(200, '{"ok":false,"error":"invalid_blocks"}')
    with slack(refusal, reply(200, '{"ok":true,"ts":"1.2"}')) as double:
        assert make_bot(double.url).send(make_message(), "default").is_delivered
    assert "blocks" not in double.requests[1]


def self_signed(folder):
    """Write a certificate for 127.0.0.1 that nobody trusts."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "slack.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path
