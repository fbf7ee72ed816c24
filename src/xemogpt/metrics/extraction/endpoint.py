"""One chat completion from an OpenAI-compatible endpoint, with retries that know when to stop.

Knows nothing of cues: messages and perhaps a JSON schema in, text and token counts out.
"""

import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from xemogpt.config import Config
from xemogpt.errors import AnnotatorError, MissingDependencyError

if TYPE_CHECKING:
    import httpx

_RETRIED = frozenset([408, 409, 425, 429, 500, 502, 503, 504, 529])
_REFUSED = frozenset([401, 403, 404])
_CRASHED = frozenset([500, 501])
_FORMATS = ("json_schema", "json_object", "none")
_FREE = _FORMATS.index("none")
_MAX_ANSWER_BYTES = 8 << 20
"""More is no answer to a question about cues, but something that does not stop."""


class EndpointDown(AnnotatorError):
    """The endpoint refuses us or is not there: asking for the next sample makes no sense."""


class RequestRefused(AnnotatorError):
    """The endpoint cannot take this request, such as one with sound; others it may take."""


class RequestCrashed(AnnotatorError):
    """The server breaks on this request however often it is sent: status 500 or 501."""


class EndpointConfig(Config):
    """Where the language model is and how patiently to ask it."""

    url: str
    """Base address up to ``/v1``, such as ``http://localhost:8000/v1``."""
    model: str
    """Name of the model as the endpoint knows it."""
    api_key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key; an unset one sends no key."""
    timeout_s: float = Field(default=60, gt=0)
    """How long one request may take."""
    max_retries: int = Field(default=5, ge=0)
    """How often a failed request is repeated."""
    backoff_s: float = Field(default=1, ge=0)
    """Wait before the first repetition; it doubles each time, with jitter."""
    max_wait_s: float = Field(default=90, gt=0)
    """Longest wait between two tries, ``Retry-After`` included."""
    concurrency: int = Field(default=4, ge=1, le=256)
    """Requests in flight at once."""
    max_tokens: int = Field(default=2048, ge=1)
    """Longest answer."""
    temperature: float = Field(default=0, ge=0)
    price_in: float = Field(default=0, ge=0)
    """Cost of a million prompt tokens, in any currency."""
    price_out: float = Field(default=0, ge=0)
    """Cost of a million answer tokens."""


@dataclass(frozen=True)
class Completion:
    """An answer and what it took."""

    text: str
    prompt_tokens: int
    completion_tokens: int


class Endpoint:
    """A chat endpoint; safe to use from several threads.

    Raises:
        MissingDependencyError: if httpx is not installed.
    """

    def __init__(self, config: EndpointConfig) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingDependencyError(
                'asking an endpoint needs httpx: pip install "xemogpt[llm]"'
            ) from error
        self.config = config
        key = os.environ.get(config.api_key_env)
        self._client = httpx.Client(
            timeout=httpx.Timeout(config.timeout_s, connect=min(10, config.timeout_s)),
            limits=httpx.Limits(max_connections=config.concurrency),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )
        self._lock = threading.Lock()
        self._format = 0

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def complete(
        self, messages: Sequence[Mapping[str, Any]], schema: dict[str, Any] | None = None
    ) -> Completion:
        """Ask once, repeating what is worth repeating.

        Args:
            messages: the conversation, in the endpoint's own form.
            schema: of the answer; without, it is free text.

        Raises:
            EndpointDown: if the endpoint refuses the key or model, or cannot be reached.
            RequestRefused: if it cannot take what is asked, in any answer format.
            RequestCrashed: if it breaks on it each time.
            AnnotatorError: if it answers nothing usable however often it is asked.
        """
        import httpx

        problem, attempt = "", 0
        kind: type[AnnotatorError] = AnnotatorError
        while attempt <= self.config.max_retries:
            tried = self._format if schema is not None else _FREE
            try:
                response = self._post(self._body(messages, schema, tried))
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise EndpointDown(
                    f"{self.config.url!r} is not an http address: {error}"
                ) from error
            except httpx.HTTPError as error:
                kind = EndpointDown if isinstance(error, httpx.ConnectError) else AnnotatorError
                problem = _describe(error, self.config)
            else:
                if response.status_code == 200:
                    return _read(response)
                problem = f"status {response.status_code}: {_reason(response)}"
                if response.status_code in _REFUSED:
                    raise EndpointDown(f"{self.config.url} refuses: {problem}")
                if self._falls_back(response.status_code, tried):
                    continue
                if response.status_code not in _RETRIED:
                    raise RequestRefused(f"{self.config.url} answered {problem}")
                kind = RequestCrashed if response.status_code in _CRASHED else AnnotatorError
                if attempt < self.config.max_retries:
                    self._wait(attempt, response.headers.get("retry-after"))
                attempt += 1
                continue
            if attempt < self.config.max_retries:
                self._wait(attempt, None)
            attempt += 1
        raise kind(f"{self.config.url} failed {attempt} times; the last time: {problem}")

    def _post(self, body: dict[str, Any]) -> "httpx.Response":
        """One request. httpx limits the wait for each piece; this limits that for the whole."""
        import httpx

        until = time.monotonic() + self.config.timeout_s
        url = self.config.url.rstrip("/") + "/chat/completions"
        with self._client.stream("POST", url, json=body) as response:
            pieces, num_bytes = [], 0
            for piece in response.iter_bytes():
                pieces.append(piece)
                num_bytes += len(piece)
                if num_bytes > _MAX_ANSWER_BYTES:
                    raise AnnotatorError(
                        f"{self.config.url} answered more than {_MAX_ANSWER_BYTES >> 20} MiB"
                    )
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("the answer does not end", request=response.request)
        headers = {name: value for name, value in response.headers.items()
                   if name in ("content-type", "retry-after")}  # fmt: skip
        return httpx.Response(response.status_code, headers=headers, content=b"".join(pieces))

    def _body(
        self, messages: Sequence[Mapping[str, Any]], schema: dict[str, Any] | None, form: int
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.config.model,
            "messages": list(messages),
            "temperature": self.config.temperature,
            "max_tokens": self.config.max_tokens,
        }
        if _FORMATS[form] == "json_schema":
            named = {"name": "cues", "schema": schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        elif _FORMATS[form] == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def _falls_back(self, status: int, tried: int) -> bool:
        """Whether to ask again with a simpler answer format; remembered for later requests."""
        if status not in (400, 415, 422, 501) or tried + 1 >= len(_FORMATS):
            return False
        with self._lock:
            self._format = max(self._format, tried + 1)
        return True

    def _wait(self, attempt: int, retry_after: str | None) -> None:
        wait = self.config.backoff_s * 2**attempt * random.uniform(0.75, 1.25)
        asked = _seconds(retry_after)
        time.sleep(min(max(wait, asked) if asked else wait, self.config.max_wait_s))


def _seconds(retry_after: str | None) -> float:
    """``Retry-After`` in seconds; it may be a number or a date."""
    if not retry_after:
        return 0.0
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return 0.0


def _describe(error: Exception, config: EndpointConfig) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {config.timeout_s:g} s"
    return f"{type(error).__name__}: {error}"


def _reason(response: "httpx.Response") -> str:
    return " ".join(response.text.split())[:200] or "(no text)"


def _read(response: "httpx.Response") -> Completion:
    """The first choice's text of a chat completion.

    Raises:
        AnnotatorError: if the body is no chat completion.
    """
    try:
        data = response.json()
        text = data["choices"][0]["message"]["content"]
        usage = data.get("usage") or {}
        counts = [int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens")]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise AnnotatorError(
            f"the endpoint's body is no chat completion: {_reason(response)}"
        ) from error
    if not isinstance(text, str):
        raise AnnotatorError("the endpoint answered no text (a refusal or an empty message)")
    return Completion(text, *counts)
