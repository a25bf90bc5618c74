package links

import "regexp"

// rewritten matches the path of a link to a mailbox's page in which a mail gateway has turned the # into %23.
var rewritten = regexp.MustCompile(`^/me#([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$`)

// Restored returns the link of a mailbox's page, relative to the origin, for a decoded path in which a mail gateway has turned the # of the link
// into %23. The page's path has no id, so no route matches such a path. The browser that follows the link sends no fragment, so the secret
// reaches the service only that once (threat T12). It returns false for any other path.
func Restored(path string) (string, bool) {
	found := rewritten.FindStringSubmatch(path)
	if found == nil {
		return "", false
	}
	return "/me#" + found[1], true
}
