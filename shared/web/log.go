package web

import (
	"io"
	"log/slog"
	"os"
	"slices"
)

// logged are the fields that a log line may have. They hold keys and ids, which say nothing about a person, kinds, counts and the types of
// errors; whatever else somebody logs is left out, since it may be personal data (threat T12).
var logged = []string{
	slog.TimeKey, slog.LevelKey, slog.MessageKey,
	"error", "stack", // what failed: types and places, never a text
	"request", "attempt", "about", "kind", "pk", "sk", // where: a request, an export of it, what a mail was about, an item of a table and its kind
	"deleted", "overdue", "exports", // how many
}

// LogJSON makes structured JSON the form of every log line, on standard output.
func LogJSON() { slog.SetDefault(newLog(os.Stdout)) }

// newLog writes lines that have no fields but those of the list.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if !slices.Contains(logged, a.Key) {
			return slog.Attr{}
		}
		return a
	}}))
}
