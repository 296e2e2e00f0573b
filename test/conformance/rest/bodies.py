# Hooks of schemathesis: half of the tables that a body names, and of its agents, exist.
import os

import schemathesis

KNOWN = {"csv_uri": os.environ["TABLE"], "agent": os.environ["AGENT"], "name": os.environ["AGENT"]}


def with_known(value):
    if isinstance(value, list):
        return [with_known(one) for one in value]
    if not isinstance(value, dict):
        return value
    # By the length of what was generated: hypothesis shrinks a failure only where a hook is a function of its input.
    return {
        name: KNOWN[name] if name in KNOWN and isinstance(one, str) and len(one) % 2 == 0 else with_known(one)
        for name, one in value.items()
    }


@schemathesis.hook
def map_body(_, body):
    return with_known(body)
