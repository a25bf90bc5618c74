package queue

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/work"
)

// Parse turns each key of an item that can be due into a task, and Key turns the task back into the key. Other keys give no task.
func TestKeysAndTasks(t *testing.T) {
	for key, want := range map[[2]string]work.Task{
		{"r#id", "REQUEST"}:       {Kind: work.Request, Ref: "id"},
		{"r#id", "EXPORT#12"}:     {Kind: work.Export, Ref: "id.12"},
		{"r#id", "TASK#inform"}:   {Kind: "inform", Ref: "id"},
		{"c#id", "CONSENT"}:       {Kind: work.Confirmation, Ref: "id"},
		{"l#id", "LINK"}:          {Kind: work.Link, Ref: "id"},
		{"m#mac", "MAILBOX"}:      {Kind: work.Mailbox, Ref: "mac"},
		{"s#sid", "STEP#consent"}: {Kind: work.Consent, Ref: "sid"},
		{"s#sid", "STEP#walk"}:    {Kind: work.Walk, Ref: "sid"},
	} {
		task := Parse(key[0], key[1])
		if pk, sk := Key(task); task != want || pk != key[0] || sk != key[1] {
			t.Errorf("%v is %+v, which has the key %s %s", key, task, pk, sk)
		}
	}
	for _, key := range [][2]string{
		{"r#id", "EXPORT#x"}, {"r#id", "EXPORT#01"}, {"r#id", "EVENT#1"}, {"r#id", "TASK#walk"}, {"r#id", "TASK#export"},
		{"s#sid", "REQUEST"}, {"s#sid", "TASK#inform"}, {"m#mac", "REQUEST#id"}, {"m#mac", "PENDING#id"}, {"m#mac", "LINK"}, {"l#id", "MAILBOX"},
		{"r#id", "TASK#mailbox"}, {"r#id", "TASK#link"}, {"", ""},
	} {
		if task := Parse(key[0], key[1]); task != (work.Task{}) {
			t.Errorf("%v is %+v", key, task)
		}
	}
}
