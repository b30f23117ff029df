"""Delivery to Slack: bounded in time, every answer checked, the secret never shown."""

import logging
import re
import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from matchback.alerting.message import Message
from matchback.alerting.settings import DEFAULT_CHANNEL, AlertSettings

MAX_RETRY_AFTER = 3_600.0
UNREADABLE_RETRY_AFTER = 1.0
BLOCK_ERRORS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
MESSAGE_ERRORS = BLOCK_ERRORS | {"msg_too_long", "no_text"}
ERROR_CODE = re.compile(r"[a-z_]{1,40}")

# slack_sdk logs the URL and the body; a logger nobody listens to keeps both to itself.
_silent = logging.Logger("matchback-slack", level=logging.CRITICAL + 1)


@dataclass(frozen=True)
class Receipt:
    """How the delivery of one message ended; `reason` is safe to store and print.

    `is_about_the_message` says that another message might well have been taken.
    """

    is_delivered: bool
    reason: str = ""
    thread: str = ""
    is_about_the_message: bool = False


class Sender(Protocol):
    """Anything that can deliver a message."""

    def send(self, message: Message, channel: str, thread: str = "") -> Receipt:
        """Deliver one message, or say why not; never raises."""


@dataclass
class TimeBudget:
    """How long all attempts of one run together may take, in seconds."""

    total_seconds: float = 60.0
    attempt_seconds: float = 10.0
    retries: int = 3
    backoff_seconds: float = 0.5
    _ends_at: float | None = field(default=None, repr=False)

    def left(self) -> float:
        """Return the seconds left; the time starts with the first question."""
        if self._ends_at is None:
            self._ends_at = time.monotonic() + self.total_seconds
        return self._ends_at - time.monotonic()

    def timeout(self) -> float:
        """Return the time limit of one attempt."""
        return max(0.1, min(self.attempt_seconds, self.left()))


def make_sender(settings: AlertSettings, budget: TimeBudget | None = None) -> Sender | None:
    """Return how this config delivers: bot, webhook, or not at all."""
    budget = budget or TimeBudget()
    if settings.uses_bot:
        return BotSender(settings, budget)
    if settings.webhook_url:
        return WebhookSender(settings.webhook_url, budget)
    return None


class _SlackSender(ABC):
    """Delivers one message at a time; where its blocks are refused, once more as plain text."""

    def __init__(self, budget: TimeBudget) -> None:
        self._budget = budget

    def send(self, message: Message, channel: str, thread: str = "") -> Receipt:
        """Deliver one message, into a thread if it has one, or say why not; never raises."""
        receipt = self._attempt(message.payload(), channel, thread)
        if not receipt.is_delivered and _may_do_as_plain_text(receipt):
            plain = {"text": message.text, "unfurl_links": False}
            return self._attempt(plain, channel, thread)
        return receipt

    def _attempt(self, payload: dict[str, Any], channel: str, thread: str) -> Receipt:
        return _within(self._budget, lambda: self._post(payload, channel, thread))

    def _client_options(self) -> dict[str, Any]:
        return {
            "timeout": self._budget.timeout(),
            "ssl": ssl.create_default_context(),
            "logger": _silent,
            "retry_handlers": _retry_handlers(self._budget),
        }

    @abstractmethod
    def _post(self, payload: dict[str, Any], channel: str, thread: str) -> Receipt:
        """Post once, with slack_sdk's retries."""


class WebhookSender(_SlackSender):
    """Delivers to one incoming webhook, at Slack or any server that speaks like it."""

    def __init__(self, url: str, budget: TimeBudget) -> None:
        super().__init__(budget)
        self._url = url

    def _post(self, payload: dict[str, Any], channel: str, thread: str) -> Receipt:
        from slack_sdk.webhook import WebhookClient

        answer = WebhookClient(self._url, **self._client_options()).send_dict(payload)
        if answer.status_code == 200 and answer.body.strip() == "ok":
            return Receipt(True)
        return _refusal(answer.status_code, answer.body)


class BotSender(_SlackSender):
    """Delivers by bot token, so that what follows an incident goes into its thread."""

    def __init__(self, settings: AlertSettings, budget: TimeBudget) -> None:
        super().__init__(budget)
        self._settings = settings

    def _post(self, payload: dict[str, Any], channel: str, thread: str) -> Receipt:
        from slack_sdk import WebClient
        from slack_sdk.errors import SlackApiError

        client = WebClient(
            token=self._settings.bot_token,
            base_url=self._settings.api_url,
            **self._client_options(),
        )
        default = self._settings.bot_channel or DEFAULT_CHANNEL
        to = default if channel == DEFAULT_CHANNEL else channel
        try:
            answer = client.chat_postMessage(channel=to, thread_ts=thread or None, **payload)
        except SlackApiError as error:
            code = str(error.response.get("error", ""))
            return _refusal(error.response.status_code, code)
        return Receipt(True, thread=thread or str(answer.get("ts", "")))


def seconds_to_wait(retry_after: str | None, now: datetime | None = None) -> float:
    """Read a Retry-After header: a number, a date, or nonsense (then one second)."""
    text = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return UNREADABLE_RETRY_AFTER
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _within(budget: TimeBudget, call: Callable[[], Receipt]) -> Receipt:
    """Call with a hard end: a server that drips bytes, or a hanging name lookup, cannot hold us."""
    left = budget.left()
    if left <= 0:
        return Receipt(False, "no time left for it in this run")
    outcome: list[Receipt] = []
    worker = threading.Thread(target=lambda: outcome.append(_safely(call)), daemon=True)
    worker.start()
    worker.join(left)
    return outcome[0] if outcome else Receipt(False, "timed out")


def _safely(call: Callable[[], Receipt]) -> Receipt:
    try:
        return call()
    except Exception as error:
        return Receipt(False, _reason_of_error(error))


def _reason_of_error(error: BaseException) -> str:
    """Name the failure without its text: that may hold the URL."""
    cause = getattr(error, "reason", None)
    root = cause if isinstance(cause, BaseException) else error
    if isinstance(root, ssl.SSLCertVerificationError):
        return "the certificate is not trusted"
    if isinstance(root, TimeoutError):
        return "timed out"
    if isinstance(root, ConnectionRefusedError):
        return "connection refused"
    return type(root).__name__


def _refusal(status: int, body: str) -> Receipt:
    """Describe an answer that is no delivery; of its body only an error code is kept."""
    code = body.strip()
    shown = f": {code}" if ERROR_CODE.fullmatch(code) else ""
    reason = f"HTTP {status}{shown}" if status != 200 else f"HTTP 200 but not accepted{shown}"
    is_about_the_message = status in {400, 413} or code in MESSAGE_ERRORS
    return Receipt(False, reason, is_about_the_message=is_about_the_message)


def _may_do_as_plain_text(receipt: Receipt) -> bool:
    return receipt.reason.rpartition(": ")[2] in MESSAGE_ERRORS


def _retry_handlers(budget: TimeBudget) -> list[Any]:
    """Return slack_sdk's three retry handlers, bounded by our budget."""
    from slack_sdk.http_retry.builtin_handlers import (
        ConnectionErrorRetryHandler,
        RateLimitErrorRetryHandler,
        ServerErrorRetryHandler,
    )

    class Bounded:
        """Wait only if the time allows it and the attempt after it."""

        def _can_retry(self, *, state: Any, response: Any = None, **rest: Any) -> bool:  # noqa: ANN401
            may = super()._can_retry(state=state, response=response, **rest)  # type: ignore[misc]
            return may and self.wait(state, response) < budget.left()

        def prepare_for_next_attempt(self, *, state: Any, response: Any = None, **_: Any) -> None:  # noqa: ANN401
            time.sleep(max(0.0, min(self.wait(state, response), budget.left())))
            state.next_attempt_requested = True
            state.increment_current_attempt()

        def wait(self, state: Any, response: Any) -> float:  # noqa: ANN401
            return float(budget.backoff_seconds * 2**state.current_attempt)

    class RefusedConnection(Bounded, ConnectionErrorRetryHandler):
        """A lost connection, but no untrusted certificate: that one does not heal by waiting."""

        def _can_retry(self, *, error: Any = None, **rest: Any) -> bool:  # noqa: ANN401
            is_tls = isinstance(getattr(error, "reason", None), ssl.SSLError)
            return not is_tls and super()._can_retry(error=error, **rest)

    class RateLimited(Bounded, RateLimitErrorRetryHandler):
        """429: waits as long as Retry-After says."""

        def wait(self, state: Any, response: Any) -> float:  # noqa: ANN401
            headers = {name.lower(): values for name, values in response.headers.items()}
            return seconds_to_wait(next(iter(headers.get("retry-after", [])), None))

    class ServerFailed(Bounded, ServerErrorRetryHandler):
        """Any 5xx."""

        def _can_retry(self, *, state: Any, response: Any = None, **_: Any) -> bool:  # noqa: ANN401
            is_ours = response is not None and response.status_code >= 500
            return is_ours and self.wait(state, response) < budget.left()

    return [
        handler(max_retry_count=budget.retries)
        for handler in (RefusedConnection, RateLimited, ServerFailed)
    ]
