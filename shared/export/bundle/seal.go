package bundle

import (
	"fmt"
	"io"

	"filippo.io/age"
)

// Seal returns a writer that encrypts to w, and the text of the identity that opens it, "AGE-SECRET-KEY-PQ-1…". The identity is a
// fresh hybrid (post-quantum) age identity. The caller closes the writer to complete the file, gives the identity to the data
// subject and stores it nowhere (promise H05, threat T04). If sealing is impossible, Seal returns no writer, so nothing is ever
// written unencrypted.
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
