import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Java's own client of HTTP/1.1 and HTTP/2. Arguments: URL CA-FILE h1|h2 ACTION [ARGUMENT]; prints one line. */
public class JavaClient {
    private static HttpClient client;
    private static String base;

    public static void main(String[] arguments) throws Exception {
        base = arguments[0];
        client = HttpClient.newBuilder().sslContext(trusting(arguments[1]))
            .version(arguments[2].equals("h2") ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1).build();
        String argument = arguments.length > 4 ? arguments[4] : "";
        switch (arguments[3]) {
            case "get" -> get(argument);
            case "upload" -> upload(Path.of(argument));
            case "download" -> download(argument);
            case "many" -> many(Integer.parseInt(argument));
            case "broken" -> broken();
            default -> throw new IllegalArgumentException(arguments[3]);
        }
        System.exit(0);  // the client's own threads go on
    }

    private static SSLContext trusting(String file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (InputStream pem = Files.newInputStream(Path.of(file))) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(base + path));
    }

    private static void get(String path) throws Exception {
        HttpResponse<String> answer = client.send(to(path).build(), HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.version() + " " + answer.statusCode() + " " + answer.body().replace("\n", ""));
    }

    private static void upload(Path file) throws Exception {
        HttpRequest request = to("/_sim/upload").POST(HttpRequest.BodyPublishers.ofFile(file)).build();
        System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).body().replace("\n", ""));
    }

    private static void download(String path) throws Exception {
        HttpResponse<InputStream> answer = client.send(to(path).build(), HttpResponse.BodyHandlers.ofInputStream());
        MessageDigest sum = MessageDigest.getInstance("SHA-256");
        byte[] piece = new byte[256 * 1024];
        try (InputStream body = answer.body()) {
            for (int size = body.read(piece); size >= 0; size = body.read(piece)) {
                sum.update(piece, 0, size);
            }
        }
        System.out.println(HexFormat.of().formatHex(sum.digest()));
    }

    private static void many(int count) {
        List<CompletableFuture<Boolean>> asked = new ArrayList<>();
        for (int number = 0; number < count; ++number) {
            String path = "/_sim/echo/" + number;
            asked.add(client.sendAsync(to(path).build(), HttpResponse.BodyHandlers.ofString())
                .thenApply(answer -> answer.statusCode() == 200 && answer.body().contains("\"" + path + "\"")));
        }
        System.out.println(asked.stream().filter(CompletableFuture::join).count());
    }

    private static void broken() throws InterruptedException {
        HttpRequest request = to("/_sim/break?after=3000000&chunked=1").build();
        try {
            client.send(request, HttpResponse.BodyHandlers.discarding());
            System.out.println("taken for whole");
        } catch (IOException seen) {
            System.out.println("seen");
        }
    }
}
