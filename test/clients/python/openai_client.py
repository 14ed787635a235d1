"""The official OpenAI client for Python against a running gateway; the marks in brackets tell the upstream what to do."""

import json
import sys

import openai
import pydantic

url, targets = sys.argv[1], sys.argv[2:]
client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


class City(pydantic.BaseModel):
    city: str
    degrees: float


parameters = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
weather = {"name": "get_weather", "description": "The weather of a city", "parameters": parameters}


def user(content):
    return [{"role": "user", "content": content}]


def chat(model):
    whole = client.chat.completions.create(model=model, messages=user("[say]"))
    assert whole.choices[0].message.content == "It rains in Oslo.", whole
    assert whole.choices[0].finish_reason == "stop", whole
    stream = client.chat.completions.create(
        model=model, messages=user("[say]"), stream=True, stream_options={"include_usage": True}
    )
    text, usage = "", None
    for chunk in stream:
        for choice in chunk.choices:
            text += choice.delta.content or ""
        usage = chunk.usage or usage
    assert text == "It rains in Oslo.", text
    for used in (whole.usage, usage):
        assert (used.prompt_tokens, used.completion_tokens, used.total_tokens) == (40, 20, 60), used
        assert used.prompt_tokens_details.cached_tokens == 8, used


def chat_tools(model):
    tools = [{"type": "function", "function": weather}]
    messages = user("[call two]")
    first = client.chat.completions.create(model=model, messages=messages, tools=tools)
    calls = first.choices[0].message.tool_calls
    assert [json.loads(call.function.arguments)["city"] for call in calls] == ["Oslo", "Rome"], first
    messages.append(first.choices[0].message)
    for call in calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "rain"})
    second = client.chat.completions.create(model=model, messages=messages, tools=tools)
    assert second.choices[0].message.content == "Rain in both.", second
    with client.chat.completions.stream(model=model, messages=user("[call two]"), tools=tools) as stream:
        final = stream.get_final_completion()
    names = [call.function.name for call in final.choices[0].message.tool_calls]
    assert names == ["get_weather", "get_weather"], final


def chat_structured(model):
    got = client.chat.completions.parse(model=model, messages=user("Hello"), response_format=City)
    assert got.choices[0].message.parsed == City(city="stand-in city", degrees=1), got


def responses(model):
    whole = client.responses.create(model=model, input="[say]", store=False)
    assert whole.output_text == "It rains in Oslo.", whole
    with client.responses.stream(model=model, input="[say]", store=False) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(deltas) == final.output_text == "It rains in Oslo.", final
    for used in (whole.usage, final.usage):
        assert (used.input_tokens, used.output_tokens) == (40, 20), used
        assert used.input_tokens_details.cached_tokens == 8, used


def responses_tools(model):
    tools = [{"type": "function", "strict": True, **weather}]
    history = user("[call two]")
    first = client.responses.create(model=model, input=history, tools=tools, store=False)
    calls = [item for item in first.output if item.type == "function_call"]
    assert [json.loads(call.arguments)["city"] for call in calls] == ["Oslo", "Rome"], first
    history += first.output
    history += [
        {"type": "function_call_output", "call_id": call.call_id, "output": "rain"} for call in calls
    ]
    second = client.responses.create(model=model, input=history, tools=tools, store=False)
    assert second.output_text == "Rain in both.", second


def responses_structured(model):
    got = client.responses.parse(model=model, input="Hello", text_format=City, store=False)
    assert got.output_parsed == City(city="stand-in city", degrees=1), got


def errors(model):
    for mark, kind in (
        ("[refuse 429]", openai.RateLimitError),
        ("[refuse 400]", openai.BadRequestError),
        ("[refuse overloaded]", openai.InternalServerError),
    ):
        for ask in (
            lambda: client.chat.completions.create(model=model, messages=user(mark)),
            lambda: client.responses.create(model=model, input=mark, stream=True),
        ):
            try:
                ask()
            except kind:
                continue
            raise AssertionError(f"{mark} raised nothing")
    text = ""
    try:
        for chunk in client.chat.completions.create(model=model, messages=user("[break]"), stream=True):
            text += chunk.choices[0].delta.content or ""
    except openai.APIError:
        assert text == "Half a se", text
    else:
        raise AssertionError("a broken stream raised nothing")


def leaves(model):
    stream = client.chat.completions.create(model=model, messages=user("[stall]"), stream=True)
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    stream.close()


for target in targets:
    for check in (
        *(chat, chat_tools, chat_structured),
        *(responses, responses_tools, responses_structured),
        *(errors, leaves),
    ):
        try:
            check(f"to-{target}")
        except Exception as error:
            raise AssertionError(f"{check.__name__}, answered by {target}: {error}") from error

vectors = client.embeddings.create(model="to-a", input=["one", "two"])
assert [len(item.embedding) for item in vectors.data] == [8, 8], vectors
assert "main" in [model.id for model in client.models.list()]
print("all is well")
