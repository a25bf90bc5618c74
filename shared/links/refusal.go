package links

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Refusal says why the form that files a request was refused. It consists of fixed words, because it stands in the query of a page's
// address: nothing that a person typed may get there (threat T12).
type Refusal struct {
	Kind   RefusalKind
	Fields string // the names of the wrong fields in the order of the form, separated by commas; only for FormInvalid, and empty for the form as a whole
}

// RefusalKind is what kind of reason there is.
type RefusalKind string

// The kinds of refusals.
const (
	FormInvalid RefusalKind = "invalid" // some fields, or the form as a whole, are not acceptable
	FormBusy    RefusalKind = "busy"    // the client has sent too many forms
	FormFailed  RefusalKind = "failed"  // the service failed
)

// FormFields are the names of the form's fields, in its order.
var FormFields = []string{"right", "email", "jurisdiction", "details", "language"}

// RefusalOf returns what a person is told about an error. A field that the form does not have is left out.
func RefusalOf(err error) Refusal {
	switch status := fault.Status(err); {
	case status == http.StatusTooManyRequests:
		return Refusal{Kind: FormBusy}
	case status >= http.StatusInternalServerError:
		return Refusal{Kind: FormFailed}
	}
	var wrong []string
	if refused, ok := errors.AsType[*fault.Error](err); ok && refused.Kind == fault.Unacceptable {
		for _, field := range refused.Fields {
			wrong = append(wrong, strings.TrimPrefix(field.Pointer, "/"))
		}
	}
	return Refusal{Kind: FormInvalid, Fields: known(wrong)}
}

// ParseRefusal reads the query of the page. It leaves out every word that is not one of the fixed ones (threat T17).
func ParseRefusal(query url.Values) Refusal {
	switch kind := RefusalKind(query.Get("kind")); kind {
	case FormBusy, FormFailed:
		return Refusal{Kind: kind}
	default:
		return Refusal{Kind: FormInvalid, Fields: known(strings.Split(query.Get("fields"), ","))}
	}
}

// query returns the refusal as the query of a URL. None of its words needs escaping.
func (r Refusal) query() string {
	if r.Fields == "" {
		return "kind=" + string(r.Kind)
	}
	return "fields=" + r.Fields + "&kind=" + string(r.Kind)
}

// known returns the fields of the form that are among the names.
func known(names []string) string {
	var fields []string
	for _, field := range FormFields {
		if slices.Contains(names, field) {
			fields = append(fields, field)
		}
	}
	return strings.Join(fields, ",")
}
