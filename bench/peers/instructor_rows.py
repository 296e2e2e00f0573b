"""python bench/peers/instructor_rows.py URL CSV ROWS CONCURRENCY MODEL MAX_TOKENS INSTRUCTIONS [retry]: instructor over the
asynchronous Anthropic SDK, as its documentation writes it. With `retry`, the SDK repeats each failed call, and instructor
asks again for an answer that does not fit."""

import asyncio
import csv
import json
import resource
import sys
import time

import anthropic
import instructor
from pydantic import BaseModel

url, path, rows, concurrency, model, max_tokens, instructions, *way = sys.argv[1:]
retries = 10 if way == ["retry"] else 0


class return_structured_data(BaseModel):
    """Gives the answer."""

    provider: str
    download_mbps: float
    upload_mbps: float
    available: bool


async def run() -> int:
    sdk = anthropic.AsyncAnthropic(api_key="bench", base_url=url, max_retries=retries)
    client = instructor.from_anthropic(sdk)
    limit = asyncio.Semaphore(int(concurrency))

    async def row(cells: dict[str, str]) -> bool:
        async with limit:
            try:
                await client.messages.create(
                    model=model,
                    max_tokens=int(max_tokens),
                    system=instructions,
                    messages=[{"role": "user", "content": json.dumps({k: cells[k] for k in ("address", "postcode")})}],
                    response_model=return_structured_data,
                    max_retries=max(1, retries),
                )
                return True
            except Exception:
                if retries == 0:
                    raise
                return False

    with open(path, newline="") as table:
        return sum(await asyncio.gather(*(row(cells) for cells in csv.DictReader(table))))


began, cpu = time.perf_counter(), time.process_time()
right = asyncio.run(run())
print(
    json.dumps(
        {
            "rows": int(rows),
            "seconds": time.perf_counter() - began,
            "cpuSeconds": time.process_time() - cpu,
            "peakMegabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "right": right,
        }
    )
)
