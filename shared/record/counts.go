package record

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

const (
	// mostCounted is the largest number in a count. A larger one could be somebody's telephone number.
	mostCounted = 99_999_999
	// dayAhead is how far the day on the clocks east of Greenwich is ahead of UTC: 14 hours on Kiritimati.
	dayAhead = 14 * time.Hour

	identifyingDetail = "must not contain an address, a telephone number, another long number or a token"
)

// visitCount is the data of a count. An absent member is nil.
type visitCount struct {
	Page     *string `json:"page"`
	Browser  *string `json:"browser"`
	Device   *string `json:"device"`
	Referrer *string `json:"referrerHost"`
	Term     *string `json:"searchTerm"`
	Seconds  *int64  `json:"secondsOnPage"`
	Count    *int64  `json:"count"`
}

// counts checks a count of visits against the policy's rules (promises B02, F05; threat T29) and returns it as it is stored: the page
// decoded, the browser with only its major version, the referrer without its subdomain or as "other".
func (c *checker) counts(data []byte) ([]byte, error) {
	var sent visitCount
	var members map[string]jsontext.Value
	readable := json.Unmarshal(data, &sent) == nil && json.Unmarshal(data, &members) == nil
	if !readable || sent.Count == nil {
		if len(c.Fields) == 0 { // otherwise the fields already say what is wrong
			c.Add("/data/count", fault.Required)
		}
		return data, nil
	}
	c.number("/data/count", sent.Count, 1)
	c.number("/data/secondsOnPage", sent.Seconds, 0)
	rare := *sent.Count < int64(c.rules.SmallestCount)
	for _, m := range []struct {
		name  string
		sent  *string
		judge func(s string, rare bool) (kept, detail string)
	}{
		{"page", sent.Page, c.page}, {"browser", sent.Browser, c.browser}, {"device", sent.Device, c.device},
		{"referrerHost", sent.Referrer, c.referrer}, {"searchTerm", sent.Term, c.term},
	} {
		pointer := "/data/" + m.name
		if m.sent == nil || c.refused(pointer) {
			continue
		}
		kept, detail := m.judge(*m.sent, rare)
		if detail != "" {
			c.Add(pointer, detail)
			continue
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return nil, err
		}
		members[m.name] = text
	}
	judged, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	return Canonical(judged)
}

// refused reports whether a field already has an error.
func (c *checker) refused(pointer string) bool {
	return slices.ContainsFunc(c.Fields, func(f fault.Field) bool { return f.Pointer == pointer })
}

func (c *checker) number(pointer string, n *int64, least int64) {
	if n != nil && (*n < least || *n > mostCounted) && !c.refused(pointer) {
		c.Add(pointer, fmt.Sprintf("must be %d to %d", least, mostCounted))
	}
}

// tooRare returns the message for a value that too few visits share.
func (c *checker) tooRare() string {
	return fmt.Sprintf("is accepted only with a count of %d or more", c.rules.SmallestCount)
}

// page accepts the path of a page that the policy declares, encoded or not, with or without a slash at its end.
func (c *checker) page(s string, rare bool) (kept, detail string) {
	path, err := url.PathUnescape(s)
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	declared, wild := c.rules.Page(path)
	switch {
	case err != nil || !declared:
		return "", "the policy declares no such page: it must be a path, without host, query and fragment"
	case wild && Identifying(path):
		return "", identifyingDetail
	case wild && rare:
		return "", c.tooRare()
	default:
		return path, ""
	}
}

func (c *checker) browser(s string, _ bool) (kept, detail string) {
	browser, listed := c.rules.Browser(s)
	if !listed || holdsIP(s) {
		return "", "must be one of " + strings.Join(c.rules.Browsers, ", ") + ", and may end with a version"
	}
	return browser, ""
}

func (c *checker) device(s string, _ bool) (kept, detail string) {
	if !slices.Contains(c.rules.Devices, s) {
		return "", "must be one of " + strings.Join(c.rules.Devices, ", ")
	}
	return s, ""
}

func (c *checker) term(s string, rare bool) (kept, detail string) {
	switch {
	case Identifying(s):
		return "", identifyingDetail
	case rare:
		return "", c.tooRare()
	default:
		return s, ""
	}
}

// namelessID returns the id under which a count is stored: a hash of the day and of the id that was sent. The sent id could be a name, or a
// session id that ties the counts of several days together. The same line sent again gets the same id.
func namelessID(r Record) string {
	sum := sha256.Sum256([]byte(r.Time("day").Format(time.DateOnly) + "\x00" + r.ID))
	return hex.EncodeToString(sum[:16])
}
