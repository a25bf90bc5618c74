package web

import (
	"io"
	"log/slog"
	"os"
	"slices"
)

// logged lists the fields that a log line may have. Their values are keys and ids, which say nothing about a person, kinds, counts
// and the types of errors. Any other field is left out, since it may be personal data (threat T12).
var logged = []string{
	slog.TimeKey, slog.LevelKey, slog.MessageKey,
	"error", "stack", // what failed: types and places, never a text
	"request", "attempt", "about", "kind", "pk", "sk", "change", "act", // where: a request, an export for it, the subject of a mail, an item of a table and its kind, an act on identities
	"version", "state", "claim", "part", // of a campaign: the policy's version, a word, a call to SES and a mail of it
	"mail", "outcome", "spam", "virus", "spf", "dkim", "dmarc", // the key of a mail that arrived; what became of a mail, and what SES found out about it, a word each
	"deleted", "overdue", "exports", "taken", "ignored", "failed", // how many
}

// LogJSON makes every log line structured JSON on standard output.
func LogJSON() { slog.SetDefault(newLog(os.Stdout)) }

// newLog returns a logger that writes only the listed fields.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if !slices.Contains(logged, a.Key) {
			return slog.Attr{}
		}
		return a
	}}))
}
