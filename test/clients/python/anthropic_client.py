"""The official Anthropic client for Python against a running gateway; the marks in brackets tell the upstream what to do."""

import sys

import anthropic
import pydantic

url, targets = sys.argv[1], sys.argv[2:]
client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)


class City(pydantic.BaseModel):
    city: str
    degrees: float


tools = [
    {
        "name": "get_weather",
        "description": "The weather of a city",
        "input_schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    }
]


def user(content):
    return [{"role": "user", "content": content}]


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def messages(model):
    asked = {"model": model, "max_tokens": 500, "messages": user("[say]"), "system": "Be brief."}
    whole = client.messages.create(**asked)
    with client.messages.stream(**asked) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) > 1 and "".join(pieces) == text_of(final), final
    for message in (whole, final):
        assert text_of(message) == "It rains in Oslo.", message
        assert message.stop_reason == "end_turn", message
        used = message.usage
        assert used.input_tokens + used.cache_read_input_tokens == 40, used
        assert (used.cache_read_input_tokens, used.output_tokens) == (8, 20), used


def uses_tools(model):
    asked = {"model": model, "max_tokens": 500, "tools": tools}
    with client.messages.stream(**asked, messages=user("[call two]")) as stream:
        first = stream.get_final_message()
    uses = [block for block in first.content if block.type == "tool_use"]
    assert [use.input["city"] for use in uses] == ["Oslo", "Rome"], first
    assert first.stop_reason == "tool_use", first
    results = [{"type": "tool_result", "tool_use_id": use.id, "content": "rain"} for use in uses]
    second = client.messages.create(
        **asked,
        messages=[
            *user("[call two]"),
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": results},
        ],
    )
    assert text_of(second) == "Rain in both.", second


def structured(model):
    got = client.messages.parse(
        model=model, max_tokens=500, messages=user("Hello"), output_format=City
    )
    assert got.parsed_output == City(city="stand-in city", degrees=1), got


def thinks(model):
    message = client.messages.create(
        model=model,
        max_tokens=2000,
        thinking={"type": "enabled", "budget_tokens": 1024},
        messages=user("[think]"),
    )
    thoughts = [block.thinking for block in message.content if block.type == "thinking"]
    assert thoughts == ["Oslo, so rain."], message


def counts(model):
    got = client.messages.count_tokens(model=model, messages=user("How many tokens are these?"))
    assert 0 < got.input_tokens < 60, got


def errors(model):
    for mark, kind in (
        ("[refuse 429]", anthropic.RateLimitError),
        ("[refuse 400]", anthropic.BadRequestError),
        ("[refuse overloaded]", anthropic.InternalServerError),
    ):
        try:
            client.messages.create(model=model, max_tokens=500, messages=user(mark))
        except kind:
            continue
        raise AssertionError(f"{mark} raised nothing")
    text = ""
    try:
        with client.messages.stream(model=model, max_tokens=500, messages=user("[break]")) as stream:
            for piece in stream.text_stream:
                text += piece
    except anthropic.APIError:
        assert text == "Half a se", text
    else:
        raise AssertionError("a broken stream raised nothing")


def leaves(model):
    with client.messages.stream(model=model, max_tokens=500, messages=user("[stall]")) as stream:
        for _ in stream.text_stream:
            break


for target in targets:
    for check in (messages, uses_tools, structured, thinks, counts, errors, leaves):
        try:
            check(f"to-{target}")
        except Exception as error:
            raise AssertionError(f"{check.__name__}, answered by {target}: {error}") from error

print("all is well")
