"""What schemathesis cannot know of this service: how a body of application/x-ndjson is written, and the links of mails. Every second call
of a route that a link opens gets the id and the secret of a real one, so that what lies behind them is fuzzed too. Every second plain form
comes from the service's own page. ORIGIN is the service;
the routes whose link never worked are listed in the file unopened of the working folder."""

import atexit
import itertools
import json
import os
import re
import time
import urllib.request

import schemathesis

ORIGIN = os.environ["ORIGIN"]


@schemathesis.serializer("application/x-ndjson")
def ndjson(ctx, value):
    if isinstance(value, (bytes, str)):
        return value
    lines = value if isinstance(value, list) else [value]
    return "\n".join(json.dumps(line) for line in lines).encode()


def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(ORIGIN + path, data, {"Content-Type": "application/json"})) as answer:
        return json.load(answer)


def link(address, kind, header="List-Unsubscribe"):
    """Waits for the newest link of a kind that was mailed to the address, and returns its id and its token."""
    for _ in range(600):
        for mail in reversed([m for m in call("/_local/mail.json") if address in m["to"]]):
            found = re.search(rf"/{kind}/([0-9a-f.-]+)#([\w-]+)", mail["text"]) or re.search(rf"/{kind}/([\w-]+)\.([\w-]+)>", mail["headers"].get(header, ""))
            if found:
                return found.groups()
        time.sleep(0.1)
    raise TimeoutError(f"no mail with a link to {kind}")


def prepare():
    """Gets a link of every kind, and returns them by the route that each opens."""
    # A consent puts its address on record, so that a request of the same person ends with an export. A verified request cannot be
    # verified again, and a withdrawn request cannot be answered. So each needs a person of its own.
    answered, verifying, withdrawing = (f"{name}.{os.getpid()}@example.org" for name in ("anna", "berta", "clara"))
    call("/v1/consents", {"subject": {"email": answered}, "decisions": {"marketing_email": "granted"}, "policyVersion": call("/v1/policy")["version"], "language": "en", "surface": "form"})
    confirm = link(answered, "confirm")
    for address in (answered, verifying, withdrawing):
        call("/v1/requests", {"right": "access", "email": address})
    request, token = link(answered, "verify")
    call(f"/v1/requests/{request}/verify", {"token": token})
    export = link(answered, "exports")
    return {
        "POST /v1/requests/{id}/verify": link(verifying, "verify"),
        "GET /v1/requests/{id}": link(answered, "requests"),
        "POST /v1/requests/{id}/exports": link(answered, "requests"),
        "POST /v1/requests/{id}/withdraw": link(withdrawing, "requests"),
        "POST /v1/downloads": export,
        "POST /v1/consents/confirm/{id}": confirm,
        "GET /v1/preferences/{id}": link(answered, "preferences"),
        "POST /v1/preferences/{id}/withdraw": link(answered, "preferences"),
        "POST /v1/unsubscribe/{token}": link(answered, "unsubscribe"),
    }


links = prepare()
turns = {route: itertools.count() for route in links}
forms = itertools.count()
opened = set()


@schemathesis.hook
def before_call(ctx, case, **kwargs):
    route = case.operation.label
    if route == "POST /v1/requests" and "form" in (case.media_type or "") and next(forms) % 2:
        case.headers = {**(case.headers or {}), "Origin": ORIGIN}  # a plain form is taken only from the service's own page
    if route not in links or next(turns[route]) % 2:
        return
    identity, token = links[route]
    case.path_parameters = {"id": identity, "token": f"{identity}.{token}"}
    case.headers = {"Authorization": f"Bearer {token}"}
    if route == "POST /v1/unsubscribe/{token}":
        case.body, case.media_type = {"List-Unsubscribe": "One-Click"}, "application/x-www-form-urlencoded"
    elif route == "POST /v1/downloads":
        case.body, case.media_type = {"export": identity, "token": token}, "application/json"
    elif "verify" in route or "confirm" in route:
        case.body, case.media_type = {"token": token}, "application/json"


@schemathesis.hook
def after_call(ctx, case, response):
    if response.status_code < 300:
        opened.add(case.operation.label)


@atexit.register
def unopened():
    with open("unopened", "w") as file:
        file.writelines(f"{route}\n" for route in sorted(links.keys() - opened))
