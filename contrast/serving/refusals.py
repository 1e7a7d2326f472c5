"""Answers other than success, each with one line that says what came, what was expected and what to do."""

from contrast.errors import ContrastError

TOO_LARGE, NOT_READ, NO_ARTICLE, TOO_MANY, NOT_NOW = 413, 415, 422, 429, 503


class Refusal(ContrastError):
    """An HTTP status, the line for a person, and after how many seconds to try again (None: the same would be refused again)."""

    def __init__(self, status: int, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.status = status
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with the answer."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
