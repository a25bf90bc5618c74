package requests

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// seconds sets a time attribute, unless the time is zero.
func seconds(item dynamo.Item, name string, at time.Time) {
	if !at.IsZero() {
		item[name] = dynamo.Seconds(at)
	}
}

func text(item dynamo.Item, name, value string) {
	if value != "" {
		item[name] = dynamo.String(value)
	}
}

func requestItem(r request.Request) dynamo.Item {
	item := dynamo.Key(PK(r.ID), skRequest)
	item["right"], item["state"] = dynamo.String(string(r.Right)), dynamo.String(string(r.State))
	text(item, "email", r.Email)
	text(item, "mailbox", r.Mailbox)
	text(item, "subject", string(r.Subject))
	text(item, "jurisdiction", string(r.Jurisdiction))
	text(item, "language", r.Language)
	text(item, "details", r.Details)
	text(item, "step", string(r.Step))
	setMessages(item, r)
	setAsked(item, r)
	setDecided(item, r)
	setOpen(item, r)
	item["policyVersion"] = dynamo.String(r.PolicyVersion)
	seconds(item, "receivedAt", r.ReceivedAt)
	seconds(item, "verifiedAt", r.VerifiedAt)
	seconds(item, "closedAt", r.ClosedAt)
	seconds(item, "cutAt", r.CutAt)
	seconds(item, dynamo.ExpiresAt, r.ExpiresAt())
	item["exports"], item["events"] = dynamo.Number(int64(r.Attempts)), dynamo.Number(int64(r.Events))
	if r.Repeats > 0 {
		item["repeats"], item["repeatedAt"] = dynamo.Number(int64(r.Repeats)), dynamo.Seconds(r.RepeatedAt)
	}
	setDue(item, "tries", r.Due)
	return item
}

// setDue stores when an item is tried next, and the number of tries so far in the attribute named tries.
func setDue(item dynamo.Item, tries string, due work.Due) {
	if due.Try > 0 {
		item[tries] = dynamo.Number(int64(due.Try))
	}
	dynamo.SetWork(item, due.NextAt)
}

func parseDue(item dynamo.Item, tries string) work.Due {
	return work.Due{NextAt: dynamo.Time(item, dynamo.NextAt), Try: int(dynamo.Int(item, tries))}
}

func attemptItem(a export.Attempt) dynamo.Item {
	item := dynamo.Key(PK(a.Request), fmt.Sprintf("%s%d", skExport, a.Number))
	item["state"] = dynamo.String(string(a.State))
	text(item, "subject", string(a.Subject))
	text(item, "policyVersion", a.PolicyVersion)
	text(item, "object", a.Object)
	if a.TokenHash != nil {
		item["tokenHash"] = dynamo.Bytes(a.TokenHash)
	}
	if a.Bytes > 0 {
		item["bytes"] = dynamo.Number(a.Bytes)
	}
	if len(a.Downloads) > 0 {
		downloads := make([]types.AttributeValue, len(a.Downloads))
		for i, at := range a.Downloads {
			downloads[i] = dynamo.Seconds(at)
		}
		item["downloads"] = &types.AttributeValueMemberL{Value: downloads}
	}
	seconds(item, "createdAt", a.CreatedAt)
	seconds(item, "openUntil", a.OpenUntil)
	item[dynamo.ExpiresAt] = dynamo.Seconds(a.ExpiresAt)
	setDue(item, "failures", a.Due)
	return item
}

func eventItem(id string, e request.Event) dynamo.Item {
	item := dynamo.Key(PK(id), fmt.Sprintf("%s%d", skEvent, e.N))
	item["at"], item["kind"] = dynamo.Seconds(e.At), dynamo.String(string(e.Kind))
	text(item, "mail", e.Mail)
	text(item, "reason", e.Reason)
	seconds(item, dynamo.ExpiresAt, e.ExpiresAt)
	return item
}

func taskItem(t request.Task) dynamo.Item {
	item := dynamo.Key(PK(t.Ref), skTask+string(t.Kind))
	seconds(item, dynamo.ExpiresAt, t.ExpiresAt)
	setDue(item, "tries", t.Due)
	return item
}

// parse reads one item of a file. It returns nil for a sort key that this store does not know.
func parse(id string, item dynamo.Item) (request.Item, error) {
	kind, name, _ := strings.Cut(dynamo.Text(item, dynamo.SK), "#")
	number, _ := strconv.Atoi(name)
	version, expires := int(dynamo.Int(item, "v")), dynamo.Time(item, dynamo.ExpiresAt)
	switch kind + "#" {
	case skRequest + "#":
		return parseRequest(id, item), nil
	case skExport:
		return parseAttempt(id, number, item), nil
	case skErasure + "#":
		return parseErasure(id, item)
	case skEvent:
		return request.Event{N: number, At: dynamo.Time(item, "at"), Kind: request.EventKind(dynamo.Text(item, "kind")), ExpiresAt: expires,
			Mail: dynamo.Text(item, "mail"), Reason: dynamo.Text(item, "reason")}, nil
	case skTask:
		return request.Task{Task: work.Task{Kind: work.Kind(name), Ref: id, Due: parseDue(item, "tries")}, Version: version, ExpiresAt: expires}, nil
	}
	return nil, nil //nolint:nilnil // there is nothing that this store could read
}

func parseRequest(id string, item dynamo.Item) request.Request {
	r := request.Request{
		ID: id, Version: int(dynamo.Int(item, "v")), Right: privacy.Right(dynamo.Text(item, "right")),
		State: request.State(dynamo.Text(item, "state")), Email: dynamo.Text(item, "email"), Mailbox: dynamo.Text(item, "mailbox"),
		Subject: privacy.SubjectID(dynamo.Text(item, "subject")), CutAt: dynamo.Time(item, "cutAt"),
		Jurisdiction: privacy.Jurisdiction(dynamo.Text(item, "jurisdiction")), Language: dynamo.Text(item, "language"),
		Details: dynamo.Text(item, "details"), PolicyVersion: dynamo.Text(item, "policyVersion"),
		ReceivedAt: dynamo.Time(item, "receivedAt"), VerifiedAt: dynamo.Time(item, "verifiedAt"), ClosedAt: dynamo.Time(item, "closedAt"),
		Repeats: int(dynamo.Int(item, "repeats")), RepeatedAt: dynamo.Time(item, "repeatedAt"),
		Attempts: int(dynamo.Int(item, "exports")), Events: int(dynamo.Int(item, "events")),
		Step: request.Step(dynamo.Text(item, "step")), Due: parseDue(item, "tries"),
	}
	parseMessages(item, &r)
	parseAsked(item, &r)
	parseDecided(item, &r)
	return r
}

func parseAttempt(id string, number int, item dynamo.Item) export.Attempt {
	a := export.Attempt{
		Request: id, Number: number, Version: int(dynamo.Int(item, "v")), Subject: privacy.SubjectID(dynamo.Text(item, "subject")),
		State: export.State(dynamo.Text(item, "state")), PolicyVersion: dynamo.Text(item, "policyVersion"), Object: dynamo.Text(item, "object"),
		TokenHash: dynamo.Blob(item, "tokenHash"), Bytes: dynamo.Int(item, "bytes"),
		Due: parseDue(item, "failures"), CreatedAt: dynamo.Time(item, "createdAt"), OpenUntil: dynamo.Time(item, "openUntil"),
		ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}
	if downloads, ok := item["downloads"].(*types.AttributeValueMemberL); ok {
		for _, at := range downloads.Value {
			if n, ok := at.(*types.AttributeValueMemberN); ok {
				seconds, _ := strconv.ParseInt(n.Value, 10, 64)
				a.Downloads = append(a.Downloads, time.Unix(seconds, 0).UTC())
			}
		}
	}
	return a
}
