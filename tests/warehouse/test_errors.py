from __future__ import annotations

import pytest

from warehouse.errors import server_advice


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ("PUT http://169.254.169.254/latest/api/token: 403 Forbidden", "set AWS_ACCESS_KEY_ID"),
        ("status code: 403 Forbidden: <Code>AccessDenied</Code>", "refuses access"),
        ("status code: 403 Forbidden: <Code>SignatureDoesNotMatch</Code>", "refuses access"),
        ("status code: 301 Moved Permanently: <Code>PermanentRedirect</Code>", "set AWS_REGION"),
        ("status code: 404 Not Found: <Code>NoSuchBucket</Code>", "there is no such bucket"),
        ("HTTP error: error sending request", "check AWS_ENDPOINT_URL"),
        ("status code: 500 Internal Server Error", "look at its log"),
        ("status code: 507 Insufficient Storage", "is full"),
        ("something else\nand more", "something else"),
        ("", "gives no reason"),
    ],
)
def test_server_advice_says_what_to_do(answer: str, advice: str) -> None:
    assert advice in server_advice(answer)
