package subject

import (
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
)

// Demand names what is wrong with an address that somebody typed into a form, if anything is, at the pointer. It demands what a mail needs, since
// whoever asks by an address that no mail can reach could never be answered (fault F23).
func Demand(at *fault.Fields, pointer, address string) {
	_, err := ParseAddress(address)
	at.Need(pointer, address, err == nil, "must look like name@example.com")
	if err != nil {
		return
	}
	_, err = Mailable(address)
	at.Need(pointer, address, err == nil, "must be able to receive email: at most 64 plain ASCII characters before the @ and a valid domain after it")
	if card.In(address) {
		at.Add(pointer, card.Detail)
	}
}
