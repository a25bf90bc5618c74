// Package links builds every URL that the service hands out: in mails, in the header of one-click unsubscription, in the answer to a
// decision and in security.txt.
//
// Two rules hold for all of them. The origin comes from the configuration and never from a request. Otherwise the sender of a request could
// choose the Host header and make the service mail a link to another site (threat T13). The secret of a page's link stands in the fragment.
// A browser never sends a fragment, so no server, proxy, log or Referer header sees it (threat T12). The page's script reads the secret
// there and sends it in the body or the Authorization header of its call.
package links

import (
	"net/url"
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Origin is the address of the service: scheme://host[:port], without a trailing slash, such as "https://privacy.example.com". It is the
// configured ORIGIN.
type Origin string

// Status returns the link of a request's status page. The fragment holds the secret that shows the request
// and withdraws it.
func (o Origin) Status(request string, status subject.Token) string {
	return o.page("/requests/", request, string(status))
}

// Export returns the link of the page that opens an export (promise H05). export is the id of the export, "<request>.<attempt>". The fragment
// holds two secrets, joined by a dot: the token that downloads the file, and the age identity that decrypts it. The service stores only a
// hash of the token, and never stores the identity.
func (o Origin) Export(export string, download subject.Token, identity string) string {
	return o.page("/exports/", export, string(download)+"."+identity)
}

// Me returns the link of the privacy page of an e-mail address, on which the data subject confirms what waits and sees and withdraws what is on
// record. mailbox is the id of the mailbox, and the fragment holds it with the secret that proves control of the address. So the path is the
// same for everybody, and no server or log sees whose link was opened.
func (o Origin) Me(mailbox string, token subject.Token) string {
	return o.MePage() + "#" + mailbox + "." + string(token)
}

// MePage returns the link of the privacy page without a secret. Whoever opens it asks for a link there.
func (o Origin) MePage() string { return string(o) + "/me" }

// Unsubscribe returns the link for one-click unsubscription (RFC 8058; promise C03). The token stands in the path, because a mail program
// calls the link by itself and sends no fragment. The token can withdraw consent to marketing mail and do nothing else.
func (o Origin) Unsubscribe(token string) string { return string(o) + "/v1/unsubscribe/" + token }

// HasSecret reports whether a link of this service has a secret, however it was rewritten since it was mailed. A short fragment of any other page than
// those with secrets names a part of the page.
func (o Origin) HasSecret(link string) bool {
	link = strings.ToLower(link)
	for range 3 { // a gateway encodes what another one has encoded
		link = strings.NewReplacer("%25", "%", "%23", "#", "%2f", "/", "%2d", "-", "%5f", "_").Replace(link)
	}
	page, fragment, found := strings.Cut(link, "#")
	secret := func(path string) bool { return strings.Contains(page, path) }
	return found && (len(fragment) > longestPart || slices.ContainsFunc([]string{"/me", "/requests/", "/exports/"}, secret)) || secret("/v1/unsubscribe/")
}

// longestPart is the most characters of the name of a part of a page. Every secret is longer.
const longestPart = 20

// Thread returns the message id that ties the mails about a request together (RFC 5322 §3.6.4): mail programs repeat it when somebody answers one of them.
// It is no secret, and proves nothing.
func (o Origin) Thread(request string) string { return request + "@" + o.host() }

// RequestOf returns the id of the request of a [Origin.Thread], and false for any other message id.
func (o Origin) RequestOf(thread string) (request string, ok bool) {
	request, ok = strings.CutSuffix(thread, "@"+o.host())
	return request, ok && request != ""
}

// host returns the name in the origin, without a port.
func (o Origin) host() string {
	u, err := url.Parse(string(o))
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Ask returns the link of the form for a right. It holds no secret, and nothing about anybody.
func (o Origin) Ask(right privacy.Right) string {
	return string(o) + "/request?right=" + url.QueryEscape(string(right))
}

// SecurityTxt returns the canonical URL of security.txt (RFC 9116). It holds no secret.
func (o Origin) SecurityTxt() string { return string(o) + "/.well-known/security.txt" }

// Keys returns the link of the public keys that check receipts and certificates (RFC 7517). It holds no secret.
func (o Origin) Keys() string { return string(o) + "/.well-known/jwks.json" }

// Security returns the link of the part of the policy's page that says how to report a security problem (promise G07). It holds no secret:
// the fragment names the part.
func (o Origin) Security() string { return string(o) + "/#security" }

// Versions returns the link of the page that lists every version of the policy. It holds no secret.
func (o Origin) Versions() string { return string(o) + "/policy/versions" }

// Version returns the link of the page that shows a version of the policy whole (promise A02). It holds no secret.
func (o Origin) Version(version string) string { return o.Versions() + "/" + url.PathEscape(version) }

// Changes returns the link of the page that says what a version of the policy changed. It holds no secret.
func (o Origin) Changes(version string) string {
	return string(o) + "/policy/changes/" + url.PathEscape(version)
}

// RequestProblem returns the link of the page that says why a form was refused. Its query holds fixed words only.
func (o Origin) RequestProblem(r Refusal) string {
	return string(o) + "/request/problem?" + r.query()
}

// page returns the link of a page about the thing with the id given. The secret stands in the fragment.
func (o Origin) page(path, id, secret string) string { return string(o) + path + id + "#" + secret }
