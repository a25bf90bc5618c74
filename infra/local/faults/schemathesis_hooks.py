"""What schemathesis cannot know of this service: how a body of application/x-ndjson is written, and the links of mails. Every second call
of a route that a link or a session opens gets the id and the secret of a real one, so that what lies behind them is fuzzed too. Every second
plain form comes from the service's own page. ORIGIN is the service; the routes whose link never worked are listed in the file unopened of the working folder."""

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


def answer(path, body=None, cookie=""):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Cookie": f"__Host-me={cookie}"}
    return urllib.request.urlopen(urllib.request.Request(ORIGIN + path, data, headers))


def call(path, body=None, cookie=""):
    with answer(path, body, cookie) as got:
        return json.load(got)


def link(address, pattern, header="List-Unsubscribe"):
    """Waits for the newest link that matches the pattern and was mailed to the address, and returns its id and its token."""
    for _ in range(600):
        for mail in reversed([m for m in call("/_local/mail.json") if address in m["to"]]):
            found = re.search(pattern, mail["text"] + mail["headers"].get(header, ""))
            if found:
                return found.groups()
        time.sleep(0.1)
    raise TimeoutError(f"no mail with a link like {pattern}")


ME, STATUS, EXPORT, UNSUBSCRIBE = r"/me#([\w-]+)\.([\w-]+)", r"/requests/([0-9a-f-]+)#([\w-]+)", r"/exports/([0-9a-f.-]+)#([\w-]+)", r"/unsubscribe/([\w-]+)\.([\w-]+)>"


class Person:
    """Somebody of whom a request and a consent wait."""

    def __init__(self, name):
        self.address = f"{name}.{os.getpid()}@example.org"
        self.cookie = ""
        call("/v1/consents", {"subject": {"email": self.address}, "decisions": {"marketing_email": "granted"}, "policyVersion": call("/v1/policy")["version"], "language": "en", "surface": "form"})
        call("/v1/requests", {"right": "access", "email": self.address})
        self.link = link(self.address, ME)

    def open(self):
        """Opens the mailbox and waits until both stand there."""
        mailbox, token = self.link
        with answer(f"/v1/links/{mailbox}/open", {"token": token}) as got:
            self.cookie = re.search(r"__Host-me=([^;]+)", got.headers["Set-Cookie"]).group(1)
        for _ in range(600):
            waiting = {one["kind"]: one["id"] for one in call("/v1/me", cookie=self.cookie)["pending"]}
            if len(waiting) == 2:
                self.request, self.consent = waiting["request"], waiting["consent"]
                return self
            time.sleep(0.1)
        raise TimeoutError("a request or a consent does not wait")


def prepare():
    """Gets what opens each route, and returns it by route: an id, a token and a session, any of which may be empty."""
    # A consent on record makes a request of the same person end with an export. What was confirmed, discarded or ended is so for good, so each of
    # these routes needs a person of its own.
    answered = Person("anna").open()
    call(f"/v1/pending/{answered.consent}/confirm", {}, answered.cookie)
    call(f"/v1/requests/{answered.request}/confirm", {}, answered.cookie)
    export = link(answered.address, EXPORT)
    confirming, agreeing, discarding, withdrawing, ending = (Person(name).open() for name in ("berta", "clara", "dora", "emma", "greta"))
    unopened = Person("flora").link
    return {
        "GET /v1/requests/{id}": (*link(answered.address, STATUS), ""),
        "POST /v1/downloads": (*export, ""),
        "POST /v1/unsubscribe/{token}": (*link(answered.address, UNSUBSCRIBE), ""),
        "POST /v1/links/{id}/open": (*unopened, ""),
        "POST /v1/links/end": ("", "", ending.cookie),
        "GET /v1/me": ("", "", answered.cookie),
        "GET /v1/preferences": ("", "", answered.cookie),
        "POST /v1/preferences": ("", "", answered.cookie),
        "POST /v1/requests/{id}/exports": (answered.request, "", answered.cookie),
        "POST /v1/requests/{id}/confirm": (confirming.request, "", confirming.cookie),
        "POST /v1/requests/{id}/withdraw": (withdrawing.request, "", withdrawing.cookie),
        "POST /v1/pending/{id}/confirm": (agreeing.consent, "", agreeing.cookie),
        "POST /v1/pending/{id}/discard": (discarding.request, "", discarding.cookie),
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
    identity, token, cookie = links[route]
    case.path_parameters = {"id": identity, "token": f"{identity}.{token}"}
    case.headers = {"Authorization": f"Bearer {token}"} if token else {}
    case.cookies = {"__Host-me": cookie} if cookie else {}
    if route == "POST /v1/unsubscribe/{token}":
        case.body, case.media_type = {"List-Unsubscribe": "One-Click"}, "application/x-www-form-urlencoded"
    elif route == "POST /v1/downloads":
        case.body, case.media_type = {"export": identity, "token": token}, "application/json"
    elif route == "POST /v1/links/{id}/open":
        case.body, case.media_type = {"token": token}, "application/json"
    elif route == "POST /v1/preferences":
        case.body, case.media_type = {"decisions": {"marketing_email": "denied"}}, "application/json"


@schemathesis.hook
def after_call(ctx, case, response):
    if response.status_code < 300:
        opened.add(case.operation.label)


@atexit.register
def unopened():
    with open("unopened", "w") as file:
        file.writelines(f"{route}\n" for route in sorted(links.keys() - opened))
