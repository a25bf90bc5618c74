package received

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// Mails that were damaged on their way, or made to harm: mails of the corpus of which pieces were changed, cut out, doubled, or put into another one.
// [FuzzRead] looks further, for as long as it is given.
func TestDamagedMailsAreRead(t *testing.T) {
	mails := corpus(t)
	names := slices.Sorted(maps.Keys(mails))
	random := rand.New(rand.NewPCG(16, 1)) // the same mails each time
	for range soak.Pick(300, 200_000) {
		name, other := names[random.IntN(len(names))], mails[names[random.IntN(len(names))]]
		mail := bytes.Clone(mails[name])
		for range 1 + random.IntN(8) {
			mail = damaged(random, mail, other)
		}
		m := Read(bytes.NewReader(mail))
		check(t, m)
		if t.Failed() {
			t.Fatalf("%s became %q", name, mail)
		}
	}
}

// damaged returns the mail after one accident.
func damaged(random *rand.Rand, mail, other []byte) []byte {
	if len(mail) == 0 {
		return mail
	}
	at := random.IntN(len(mail))
	end := min(len(mail), at+random.IntN(64))
	switch random.IntN(5) {
	case 0:
		mail[at] = byte(random.IntN(256))
		return mail
	case 1:
		return slices.Delete(mail, at, end)
	case 2:
		return slices.Insert(mail, at, bytes.Clone(mail[at:end])...)
	case 3:
		return mail[:at]
	default:
		from := random.IntN(len(other) + 1)
		return slices.Insert(mail, at, other[from:min(len(other), from+random.IntN(256))]...)
	}
}
