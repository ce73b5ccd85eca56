package inventory_test

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// pagesOf answers DescribeInstances for so many instances, a thousand a page, each as wordy as AWS's are. A page is written when it is
// asked for, so that what is measured is the reader.
func pagesOf(total int) answer {
	return func(q asked) (int, string) {
		from, _ := strconv.Atoi(q.form.Get("NextToken"))
		list := make([]string, 0, 1000)
		for i := from; i < min(from+1000, total); i++ {
			list = append(list, wordy(i))
		}
		next := ""
		if from+1000 < total {
			next = strconv.Itoa(from + 1000)
		}
		return http.StatusOK, instances(next, list...)
	}
}

// wordy is an instance with what AWS tells beside what is needed: ten tags, two volumes, an interface with groups and addresses.
func wordy(i int) string {
	var tags strings.Builder
	for t := range 10 {
		fmt.Fprintf(&tags, "<item><key>team:cost-allocation-%d</key><value>a value that is as long as values are %d</value></item>", t, i)
	}
	more := running + `<imageId>ami-0123456789abcdef0</imageId><privateDnsName>ip-10-20-10-142.ap-northeast-2.compute.internal</privateDnsName>
<reason/><keyName>dev</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/><monitoring><state>disabled</state></monitoring><subnetId>subnet-0d5665e029b93d214</subnetId>
<vpcId>vpc-0330471b934acd8eb</vpcId><privateIpAddress>10.20.10.142</privateIpAddress><sourceDestCheck>true</sourceDestCheck>
<groupSet><item><groupId>sg-02445f5f90467469e</groupId><groupName>dev-app</groupName></item></groupSet><architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType>
<rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>` + strings.Repeat(fmt.Sprintf(`<item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-%017x</volumeId>
<status>attached</status><attachTime>2026-03-02T01:12:44.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item>`, i), 2) +
		fmt.Sprintf(`</blockDeviceMapping><virtualizationType>hvm</virtualizationType><clientToken>582f2a6a-0a41-4d8f-9d0e-3f1c5a2b7e11</clientToken><hypervisor>xen</hypervisor>
<networkInterfaceSet><item><networkInterfaceId>eni-%017x</networkInterfaceId><subnetId>subnet-0d5665e029b93d214</subnetId><vpcId>vpc-0330471b934acd8eb</vpcId><description/>
<ownerId>111122223333</ownerId><status>in-use</status><macAddress>02:ab:cd:ef:01:23</macAddress><privateIpAddress>10.20.10.142</privateIpAddress>
<attachment><attachmentId>eni-attach-01508be1c2ca43968</attachmentId><deviceIndex>0</deviceIndex><status>attached</status><attachTime>2026-03-02T01:12:44.000Z</attachTime></attachment>
</item></networkInterfaceSet><usageOperation>RunInstances</usageOperation>`, i)
	return strings.Replace(instance(fmt.Sprintf("i-%017x", i), more), "</tagSet>", tags.String()+"</tagSet>", 1)
}

// mostMemory is what a process may take for a scope of 10,000 instances: a Lambda of 512 MB holds it, and more besides.
const mostMemory = 400 << 20

func BenchmarkSnapshotOf10kInstances(b *testing.B) {
	r, _, account := reader(b, map[string]answer{"DescribeInstances": pagesOf(10_000)})
	heap, done := watchHeap()
	b.ReportAllocs()
	for b.Loop() {
		s, err := r.Snapshot(b.Context(), seoul)
		if err != nil || len(s.Resources) != 10_000 {
			b.Fatalf("%d resources, %v", len(s.Resources), err)
		}
		account.calls = nil
	}
	close(done)
	b.ReportMetric(float64(heap.Load())/(1<<20), "heap-MB")
	if taken := resident(b); taken > 0 {
		b.ReportMetric(float64(taken)/(1<<20), "process-MB")
		if taken > mostMemory {
			b.Errorf("the process took %d MB, more than %d", taken>>20, mostMemory>>20)
		}
	}
}

// watchHeap samples the heap until done is closed, and keeps the largest.
func watchHeap() (largest *atomic.Uint64, done chan struct{}) {
	largest, done = &atomic.Uint64{}, make(chan struct{})
	go func() {
		var m runtime.MemStats
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				largest.Store(max(largest.Load(), m.HeapInuse))
			}
		}
	}()
	return largest, done
}

// resident returns the most memory that the process has ever had, zero where the system does not tell.
func resident(b *testing.B) uint64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if kilobytes, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseUint(strings.Fields(kilobytes)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}
