package requests

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func operation() string { return rand.Text() }

// seconds stores a time that is set.
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
	text(item, "jurisdiction", string(r.Jurisdiction))
	text(item, "language", r.Language)
	text(item, "details", r.Details)
	text(item, "step", string(r.Step))
	item["policyVersion"] = dynamo.String(r.PolicyVersion)
	seconds(item, "receivedAt", r.ReceivedAt)
	seconds(item, "verifiedAt", r.VerifiedAt)
	seconds(item, "closedAt", r.ClosedAt)
	seconds(item, dynamo.ExpiresAt, r.ExpiresAt())
	item["challenges"], item["exports"], item["events"] = dynamo.Number(int64(r.Challenges)), dynamo.Number(int64(r.Exports)), dynamo.Number(int64(r.Events))
	if len(r.StatusHashes) > 0 { // in order, as a set would not be
		hashes := make([]types.AttributeValue, len(r.StatusHashes))
		for i, hash := range r.StatusHashes {
			hashes[i] = dynamo.Bytes(hash)
		}
		item["statusHashes"] = &types.AttributeValueMemberL{Value: hashes}
	}
	if r.Tries > 0 {
		item["tries"] = dynamo.Number(int64(r.Tries))
	}
	dynamo.SetWork(item, r.NextAt)
	return item
}

func challengeItem(id string, c request.Challenged) dynamo.Item {
	item := dynamo.Key(PK(id), fmt.Sprintf("%s%d", skChallenge, c.N))
	if c.Hash != nil {
		item["hash"] = dynamo.Bytes(c.Hash)
	}
	seconds(item, "usedAt", c.UsedAt)
	seconds(item, dynamo.ExpiresAt, c.ExpiresAt)
	return item
}

func exportItem(e request.Export) dynamo.Item {
	item := dynamo.Key(PK(e.Request), fmt.Sprintf("%s%d", skExport, e.Attempt))
	item["state"] = dynamo.String(string(e.State))
	text(item, "subject", string(e.Subject))
	text(item, "policyVersion", e.PolicyVersion)
	text(item, "object", e.Object)
	if e.TokenHash != nil {
		item["tokenHash"], item["statusHash"] = dynamo.Bytes(e.TokenHash), dynamo.Bytes(e.StatusHash)
	}
	if e.Bytes > 0 {
		item["bytes"] = dynamo.Number(e.Bytes)
	}
	if e.Failures > 0 {
		item["failures"] = dynamo.Number(int64(e.Failures))
	}
	if len(e.Downloads) > 0 {
		downloads := make([]types.AttributeValue, len(e.Downloads))
		for i, at := range e.Downloads {
			downloads[i] = dynamo.Seconds(at)
		}
		item["downloads"] = &types.AttributeValueMemberL{Value: downloads}
	}
	seconds(item, "createdAt", e.CreatedAt)
	seconds(item, "openUntil", e.OpenUntil)
	item[dynamo.ExpiresAt] = dynamo.Seconds(e.ExpiresAt)
	dynamo.SetWork(item, e.NextAt)
	return item
}

func eventItem(r request.Request, change request.Change) dynamo.Item {
	item := dynamo.Key(PK(r.ID), fmt.Sprintf("%s%d", skEvent, r.Events))
	item["at"], item["kind"] = dynamo.Seconds(change.At), dynamo.String(change.Event)
	seconds(item, dynamo.ExpiresAt, request.EventExpiresAt(r))
	return item
}

// add reads one item into the file it belongs to.
func add(file *request.File, id string, item dynamo.Item) {
	sk := dynamo.Text(item, dynamo.SK)
	kind, n, _ := strings.Cut(sk, "#")
	number, _ := strconv.Atoi(n)
	switch kind + "#" {
	case skRequest + "#":
		file.Request = parseRequest(id, item)
	case skChallenge:
		file.Challenges = append(file.Challenges, request.Challenged{
			N: number, Version: int(dynamo.Int(item, "v")), Hash: dynamo.Blob(item, "hash"),
			ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt), UsedAt: dynamo.Time(item, "usedAt"),
		})
	case skExport:
		file.Exports = append(file.Exports, parseExport(id, number, item))
	case skEvent:
		file.Events = append(file.Events, request.Event{N: number, At: dynamo.Time(item, "at"), Kind: dynamo.Text(item, "kind")})
	}
}

func parseRequest(id string, item dynamo.Item) request.Request {
	r := request.Request{
		ID: id, Version: int(dynamo.Int(item, "v")), Right: privacy.Right(dynamo.Text(item, "right")),
		State: request.State(dynamo.Text(item, "state")), Email: dynamo.Text(item, "email"), Mailbox: dynamo.Text(item, "mailbox"),
		Jurisdiction: privacy.Jurisdiction(dynamo.Text(item, "jurisdiction")), Language: dynamo.Text(item, "language"),
		Details: dynamo.Text(item, "details"), PolicyVersion: dynamo.Text(item, "policyVersion"),
		ReceivedAt: dynamo.Time(item, "receivedAt"), VerifiedAt: dynamo.Time(item, "verifiedAt"), ClosedAt: dynamo.Time(item, "closedAt"),
		Challenges: int(dynamo.Int(item, "challenges")), Exports: int(dynamo.Int(item, "exports")), Events: int(dynamo.Int(item, "events")),
		Tries: int(dynamo.Int(item, "tries")),
		Step:  request.Step(dynamo.Text(item, "step")), NextAt: dynamo.Time(item, dynamo.NextAt),
	}
	if hashes, ok := item["statusHashes"].(*types.AttributeValueMemberL); ok {
		for _, hash := range hashes.Value {
			if b, ok := hash.(*types.AttributeValueMemberB); ok {
				r.StatusHashes = append(r.StatusHashes, b.Value)
			}
		}
	}
	return r
}

func parseExport(id string, attempt int, item dynamo.Item) request.Export {
	e := request.Export{
		Request: id, Attempt: attempt, Version: int(dynamo.Int(item, "v")), Subject: privacy.SubjectID(dynamo.Text(item, "subject")),
		State: request.ExportState(dynamo.Text(item, "state")), PolicyVersion: dynamo.Text(item, "policyVersion"), Object: dynamo.Text(item, "object"),
		TokenHash: dynamo.Blob(item, "tokenHash"), StatusHash: dynamo.Blob(item, "statusHash"), Bytes: dynamo.Int(item, "bytes"),
		Failures: int(dynamo.Int(item, "failures")), CreatedAt: dynamo.Time(item, "createdAt"), OpenUntil: dynamo.Time(item, "openUntil"),
		NextAt: dynamo.Time(item, dynamo.NextAt), ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}
	if downloads, ok := item["downloads"].(*types.AttributeValueMemberL); ok {
		for _, at := range downloads.Value {
			if n, ok := at.(*types.AttributeValueMemberN); ok {
				seconds, _ := strconv.ParseInt(n.Value, 10, 64)
				e.Downloads = append(e.Downloads, time.Unix(seconds, 0).UTC())
			}
		}
	}
	return e
}
