package bundle

import (
	"fmt"
	"io"

	"filippo.io/age"
)

// Seal returns a writer that encrypts to w for a fresh hybrid (post-quantum) age identity, and the text of that
// identity, "AGE-SECRET-KEY-PQ-1…". The caller closes the writer to complete the file, hands the identity to the data
// subject and keeps it nowhere (promise H05, threat T04). If no seal can be made there is no writer: nothing is ever
// written in the clear instead.
func Seal(w io.Writer) (io.WriteCloser, string, error) {
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, "", fmt.Errorf("bundle: generating an identity: %w", err)
	}
	sealed, err := age.Encrypt(w, identity.Recipient())
	if err != nil {
		return nil, "", fmt.Errorf("bundle: sealing: %w", err)
	}
	return sealed, identity.String(), nil
}
