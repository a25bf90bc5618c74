package sam_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPromise_F06_LogsAreKeptNinetyDays(t *testing.T) {
	groups := 0
	for id, r := range load(t).Resources {
		if r.Type != "AWS::Logs::LogGroup" {
			continue
		}
		groups++
		if days := r.Properties.Get("RetentionInDays").Int(); days != 90 {
			t.Errorf("%s keeps %d days", id, days)
		}
		if key, _ := r.Properties.Get("KmsKeyId").Target(); key != "DataKey" {
			t.Errorf("%s is not encrypted with the customer key", id)
		}
	}
	if groups < 2 {
		t.Errorf("%d log groups: functions and access are two", groups)
	}
}

func TestPromise_F06_AccessLogsHoldNoPathAndNoAddress(t *testing.T) {
	format := load(t).API.LogFormat
	for _, need := range []string{"$context.routeKey", "$context.status", "$context.responseLatency", "$context.requestId"} {
		if !strings.Contains(format, need) {
			t.Errorf("the access log lacks %s", need)
		}
	}
	if found := regexp.MustCompile(`(?i)\$context\.(path|protocol|identity|http|authorizer|domain)\S*`).FindString(format); found != "" {
		t.Errorf("the access log holds %s", found)
	}
}

func TestPromise_G03_BucketsRefusePlainHTTP(t *testing.T) {
	template := load(t)
	for _, bucket := range template.Buckets {
		refused := false
		for _, r := range template.Resources {
			id, _ := r.Properties.Get("Bucket").Target()
			if r.Type != "AWS::S3::BucketPolicy" || id != bucket.LogicalID {
				continue
			}
			for _, s := range r.Properties.Get("PolicyDocument", "Statement").List() {
				refused = refused || s.Get("Effect").Text() == "Deny" && s.Get("Principal").Text() == "*" &&
					s.Get("Condition", "Bool", "aws:SecureTransport").Text() == "false"
			}
		}
		if !refused {
			t.Errorf("%s answers over plain HTTP", bucket.LogicalID)
		}
		for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if !bucket.Properties.Get("PublicAccessBlockConfiguration", block).Bool() {
				t.Errorf("%s: %s is off", bucket.LogicalID, block)
			}
		}
	}
	if tls := template.Resources["MailConfiguration"].Properties.Get("DeliveryOptions", "TlsPolicy").Text(); tls != "REQUIRE" {
		t.Errorf("mail goes with TLS %q", tls)
	}
}

func TestPromise_G06_TablesAreProtected(t *testing.T) {
	template := load(t)
	for _, table := range template.Tables {
		p, r := table.Properties, template.Resources[table.LogicalID]
		key, _ := p.Get("SSESpecification", "KMSMasterKeyId").Target()
		for what, ok := range map[string]bool{
			"point-in-time recovery": p.Get("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled").Bool(),
			"a customer key":         p.Get("SSESpecification", "SSEEnabled").Bool() && key == "DataKey",
			"deletion protection":    p.Get("DeletionProtectionEnabled").Bool(),
			"capacity on demand":     p.Get("BillingMode").Text() == "PAY_PER_REQUEST",
			"a TTL that is on":       p.Get("TimeToLiveSpecification", "Enabled").Bool(),
			// With RetainExceptOnCreate, a rollback would try to delete a resource whose protection refuses that.
			"Retain": r.DeletionPolicy == "Retain" && r.UpdateReplacePolicy == "Retain",
		} {
			if !ok {
				t.Errorf("%s lacks %s", table.LogicalID, what)
			}
		}
	}
	for id, r := range template.Resources {
		keeps := []string{"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SecretsManager::Secret"}
		if slices.Contains(keeps, r.Type) && (r.DeletionPolicy != "RetainExceptOnCreate" || r.UpdateReplacePolicy != "Retain") {
			t.Errorf("%s goes with the stack, or stays behind when its first deployment fails", id)
		}
	}
}

// So do mails to the privacy address.
func TestPromise_G06_ExportsAreEncryptedAndEnd(t *testing.T) {
	ends := map[string]int{"ExportBucket": 8, "InboundBucket": 29} // package periods compares them with the schedule
	for _, bucket := range load(t).Buckets {
		rule := bucket.Properties.Get("BucketEncryption", "ServerSideEncryptionConfiguration").List()[0]
		key, _ := rule.Get("ServerSideEncryptionByDefault", "KMSMasterKeyID").Target()
		if key != "DataKey" || !rule.Get("BucketKeyEnabled").Bool() {
			t.Errorf("%s is not encrypted with the customer key", bucket.LogicalID)
		}
		end := bucket.Properties.Get("LifecycleConfiguration", "Rules").List()[0]
		if end.Get("ExpirationInDays").Int() != ends[bucket.LogicalID] || end.Get("AbortIncompleteMultipartUpload", "DaysAfterInitiation").Int() != 1 {
			t.Errorf("%s has no backstop", bucket.LogicalID)
		}
		if bucket.Properties.Get("VersioningConfiguration").Exists() {
			t.Errorf("%s keeps versions of what was deleted", bucket.LogicalID)
		}
	}
}

// Roles contain no wildcard: each names its actions and the resources of this stack.
func TestPromise_G04_RolesNameWhatTheyAllow(t *testing.T) {
	template := load(t)
	roles := map[string]string{}
	for _, f := range template.Functions {
		role, _ := f.Properties.Get("Role").Target()
		if other, taken := roles[role]; taken {
			t.Errorf("%s and %s share %s", f.LogicalID, other, role)
		}
		roles[role] = f.LogicalID
		if len(f.Statements) == 0 {
			t.Errorf("%s may not even log", f.LogicalID)
		}
		for _, s := range f.Statements {
			for _, action := range s.Actions {
				if strings.Contains(action, "*") || s.Effect != "Allow" {
					t.Errorf("%s %s: %s %s", f.LogicalID, s.Sid, s.Effect, action)
				}
			}
			for _, r := range s.Resources {
				text, err := template.Resolve(r, func(id, _ string) (string, bool) { return id, id != "MailFrom" })
				switch {
				case slices.Equal(s.Actions, []string{"ses:GetAccount"}):
					text = strings.TrimPrefix(text, "*") // IAM knows no resource for this action, which reads the limits of sending
				case !slices.ContainsFunc(s.Actions, func(action string) bool { return !strings.HasPrefix(action, "ses:") }):
					text = strings.TrimSuffix(text, "identity/*") // TestThreat_T13_MailsHaveOneSender checks the sender
				}
				text = strings.TrimSuffix(strings.TrimSuffix(text, "ExportBucket/*"), "InboundBucket/*")
				if err != nil || strings.Contains(text, "*") {
					t.Errorf("%s %s: resource %q, %v", f.LogicalID, s.Sid, text, err)
				}
			}
		}
	}
}
