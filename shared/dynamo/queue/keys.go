package queue

import (
	"strconv"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/work"
)

// kinds lists the kinds of task whose PK is a prefix and the task's Ref, and whose SK is fixed.
var kinds = [...]struct {
	kind   work.Kind
	pk, sk string
}{
	{work.Request, "r#", "REQUEST"},
	{work.Erase, "r#", "ERASURE"},
	{work.Confirmation, "c#", "CONSENT"},
	{work.Link, "l#", "LINK"},
	{work.Mailbox, "m#", "MAILBOX"},
	{work.Identity, "y#", "CHANGE"},
	{work.Consent, "s#", "STEP#consent"},
	{work.Walk, "s#", "STEP#walk"},
}

const (
	request  = "r#"
	skExport = "EXPORT#"
	skTask   = "TASK#"
)

// Parse returns the task that an item with this key stands for, without its time. It returns the zero Task for any other item.
func Parse(pk, sk string) work.Task {
	for _, k := range kinds {
		if ref, ok := strings.CutPrefix(pk, k.pk); ok && sk == k.sk {
			return work.Task{Kind: k.kind, Ref: ref}
		}
	}
	id, ok := strings.CutPrefix(pk, request)
	if !ok {
		return work.Task{}
	}
	if attempt, ok := strings.CutPrefix(sk, skExport); ok {
		if n, err := strconv.Atoi(attempt); err == nil && strconv.Itoa(n) == attempt {
			return work.Task{Kind: work.Export, Ref: id + "." + attempt}
		}
	}
	if kind, ok := strings.CutPrefix(sk, skTask); ok && !own(work.Kind(kind)) {
		return work.Task{Kind: work.Kind(kind), Ref: id}
	}
	return work.Task{}
}

// own reports whether the kind has its own form of key, so that a key TASK#<kind> is not valid for it.
func own(kind work.Kind) bool {
	for _, k := range kinds {
		if k.kind == kind {
			return true
		}
	}
	return kind == work.Export
}

// Key returns the key of the item that stands for a task. It is the inverse of [Parse].
func Key(task work.Task) (pk, sk string) {
	for _, k := range kinds {
		if k.kind == task.Kind {
			return k.pk + task.Ref, k.sk
		}
	}
	if task.Kind == work.Export {
		dot := max(strings.LastIndexByte(task.Ref, '.'), 0)
		return request + task.Ref[:dot], skExport + strings.TrimPrefix(task.Ref[dot:], ".")
	}
	return request + task.Ref, skTask + string(task.Kind)
}
