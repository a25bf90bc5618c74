package links

import "github.com/helpdeskexpert/privacy/shared/privacy"

// FormField is a field of the forms that file a request. A plain form has a flat list of names, so a member inside another one has a name of its own.
type FormField struct {
	Name    string // in the form
	Pointer string // of the member in the JSON of the same request (RFC 6901)
}

// FormFields are the fields of all forms together, in their order on the page. No form has all of them.
var FormFields = []FormField{
	{"right", "/right"},
	{"scope", "/scope"},
	{"declaration", "/declaration"},
	{"ground", "/ground"},
	{"purposes", "/purposes"},
	{"categories", "/categories"},
	{"email", "/email"},
	{"childEmail", "/child/email"},
	{"details", "/details"},
	{"jurisdiction", "/jurisdiction"},
	{"agentName", "/onBehalfOf/name"},
	{"agentEmail", "/onBehalfOf/email"},
	{"agentRelation", "/onBehalfOf/relation"},
	{"language", "/language"},
}

// RequestSent returns the link of the page that says that a form was sent, and what happens next. It names the right and nothing else about the request,
// so it is the same for every address (threats T12, T14). The state is open if nothing has to be confirmed.
func (o Origin) RequestSent(right privacy.Right, state string) string {
	link := string(o) + "/request/sent" + about(right)
	if state == "open" {
		link += "&state=open"
	}
	return link
}

// RequestDone returns the link of the page that says that what a form asked for holds already. It names the right and nothing else about the request.
func (o Origin) RequestDone(right privacy.Right) string {
	return string(o) + "/request/done" + about(right)
}

// about returns the query that names a right. It panics for any other word, because an accepted request has a right and nothing that a person typed may
// get into an address.
func about(right privacy.Right) string {
	if !right.Known() {
		panic("links: not a right")
	}
	return "?right=" + string(right)
}
