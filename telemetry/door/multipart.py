"""Fields of ``multipart/form-data`` bodies: no protocol asks for them, but ``curl -F`` does so."""

from io import BytesIO

from django.core.exceptions import SuspiciousOperation
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from telemetry.door.http import Problem, Request


def multipart_fields(request: Request) -> dict[str, str]:
    """The text fields of a body that is in memory; of equal names the first counts.

    Files are passed over: without an upload handler Django's parser keeps nothing of them.
    """
    meta = {
        "CONTENT_TYPE": request.header(b"content-type").decode("latin-1"),
        "CONTENT_LENGTH": len(request.body),
    }
    try:
        fields, _ = MultiPartParser(meta, BytesIO(request.body), [], "utf-8").parse()
    except (MultiPartParserError, SuspiciousOperation, ValueError, LookupError) as reason:
        raise Problem(400, f"the body is not multipart/form-data: {reason}") from None
    return {name: values[0] for name, values in fields.lists()}
