"""Checks of our own."""

import schemathesis
from schemathesis.generation.meta import TestPhase

# A part of an image is bytes, as a whole one is.
schemathesis.serializer.alias("application/partial-upload", "application/octet-stream")


@schemathesis.check
def schema_valid_data_passes(ctx, response, case):
    """What fits the schema is not refused by the checks of the request itself: those answer 400 without a code.

    Not looked at: steps of a story, whose values come from other answers without regard to the schema, and headers that
    no schema tells of, in which the server wants printable characters only.
    """
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.meta.phase.name == TestPhase.STATEFUL:
        return
    refusal = response.json()
    if "code" not in refusal and not refusal["message"].startswith("header "):
        raise AssertionError(f"data that fits the schema was refused as if it did not: {response.text}")
