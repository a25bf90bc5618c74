package request

import "slices"

// Listed is what is stored under an address besides records, in no order. What an id stands for may be gone.
type Listed struct {
	Requests []string // ids of rights requests
	Consents []string // ids of consents by address that wait for their button, or did until lately
}

// Besides reports whether anything but the request is listed.
func (l Listed) Besides(id string) bool {
	return len(l.Consents) > 0 || slices.ContainsFunc(l.Requests, func(other string) bool { return other != id })
}
