package stack

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"syscall"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// lock takes the folder's lock, or returns an error that says who may have it. The system frees the lock when this process ends, however it ends.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("the data folder is in use: another local stack has locked %s; stop that stack, or set PORT or DATA", path)
	}
	return file, nil
}

// olderData says what to do about data that the engine keeps from an older version.
func (s *Stack) olderData(err error) error {
	do := fmt.Sprintf("delete the folder %s (make clean deletes everything below .local), or set DATA to a new folder", s.options.Data)
	if s.engine.Done() == nil { // an engine that somebody else started keeps its data elsewhere
		do = "delete the tables in " + s.engine.Kind
	}
	return fmt.Errorf("the stored data does not fit this version: %w; %s, and fill it with make seed", err, do)
}

// openSecrets reads the secrets of the template from the file, and makes what is missing as Secrets Manager would.
func openSecrets(path string, t *sam.Template) (map[string]string, error) {
	secrets := map[string]string{}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &secrets)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	for id, resource := range t.Resources {
		if resource.Type != "AWS::SecretsManager::Secret" || secrets[id] != "" {
			continue
		}
		length, err := strconv.Atoi(resource.Properties.Get("GenerateSecretString", "PasswordLength").Text())
		if err != nil {
			length = 32 // Secrets Manager's own
		}
		secrets[id] = password(length)
	}
	if text, err = json.MarshalIndent(secrets, "", "  "); err != nil {
		return nil, err
	}
	return secrets, os.WriteFile(path, text, 0o600)
}

// password returns letters and digits, length of them.
func password(length int) string {
	text := ""
	for len(text) < length {
		text += rand.Text()
	}
	return text[:length]
}

// logicalIDs lists what a call can be made on.
func logicalIDs(t *sam.Template) []string { return slices.Sorted(maps.Keys(t.Resources)) }
