package links

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Refusal says why the form that files a request was refused. It consists of fixed words, because it stands in the query of a page's
// address: nothing that a person typed may get there (threat T12).
type Refusal struct {
	Kind   RefusalKind
	Right  privacy.Right // whose form it was; empty if it is not known
	Fields string        // the names of the wrong fields in the order of the form, separated by commas; only for FormInvalid, and empty for the form as a whole
}

// RefusalKind is what kind of reason there is.
type RefusalKind string

// The kinds of refusals.
const (
	FormInvalid RefusalKind = "invalid" // some fields, or the form as a whole, are not acceptable
	FormBusy    RefusalKind = "busy"    // the client has sent too many forms
	FormFailed  RefusalKind = "failed"  // the service failed
)

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
			wrong = append(wrong, named(field.Pointer))
		}
	}
	return Refusal{Kind: FormInvalid, Fields: known(wrong)}
}

// named returns the name that the member with the pointer has in the form. An element of a list has the name of the list. It returns nothing for a member
// that no form has.
func named(pointer string) string {
	for _, field := range FormFields {
		index, inside := strings.CutPrefix(pointer, field.Pointer+"/")
		if pointer == field.Pointer || inside && index != "" && strings.Trim(index, "0123456789") == "" {
			return field.Name
		}
	}
	return ""
}

// Of returns the refusal with the right whose form it was. It leaves out any other word.
func (r Refusal) Of(right privacy.Right) Refusal {
	if right.Known() {
		r.Right = right
	}
	return r
}

// ParseRefusal reads the query of the page. It leaves out every word that is not one of the fixed ones (threat T17).
func ParseRefusal(query url.Values) Refusal {
	right := privacy.Right(query.Get("right"))
	switch kind := RefusalKind(query.Get("kind")); kind {
	case FormBusy, FormFailed:
		return Refusal{Kind: kind}.Of(right)
	default:
		return Refusal{Kind: FormInvalid, Fields: known(strings.Split(query.Get("fields"), ","))}.Of(right)
	}
}

// query returns the refusal as the query of a URL. None of its words needs escaping.
func (r Refusal) query() string {
	query := "kind=" + string(r.Kind)
	if r.Fields != "" {
		query = "fields=" + r.Fields + "&" + query
	}
	if r.Right != "" {
		query += "&right=" + string(r.Right)
	}
	return query
}

// known returns the fields of the form that are among the names.
func known(names []string) string {
	var fields []string
	for _, field := range FormFields {
		if slices.Contains(names, field.Name) {
			fields = append(fields, field.Name)
		}
	}
	return strings.Join(fields, ",")
}
