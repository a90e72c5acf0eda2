import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.ForwardedRequestCustomizer;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.AbstractHandler;
import org.eclipse.jetty.util.ajax.JSON;

/**
 * An application on embedded Jetty 9.4 behind a proxy, set up as Ops Manager would be: ForwardedRequestCustomizer with its
 * defaults. It answers with what the application is told of its client, as JSON. Ends when its standard input does.
 */
public final class EchoOrigin extends AbstractHandler {
    public static void main(String[] arguments) throws Exception {
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.addCustomizer(new ForwardedRequestCustomizer());
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(configuration));
        connector.setHost("127.0.0.1");
        connector.setPort(0);
        server.addConnector(connector);
        server.setHandler(new EchoOrigin());
        server.start();
        System.out.println("jetty " + Server.getVersion() + " listening on 127.0.0.1:" + connector.getLocalPort());
        while (System.in.read() >= 0) {
            // whoever started this still lives
        }
        System.exit(0);
    }

    @Override
    public void handle(String path, Request request, HttpServletRequest application, HttpServletResponse response)
            throws IOException {
        request.setHandled(true);
        if (path.equals("/monitor/health")) {
            response.setStatus(200);
            return;
        }
        byte[] answer = JSON.toString(seen(request, application)).getBytes("UTF-8");
        response.setContentType("application/json");
        response.setContentLength(answer.length);
        response.getOutputStream().write(answer);
    }

    private static Map<String, Object> seen(Request request, HttpServletRequest application) throws IOException {
        Map<String, Object> seen = new LinkedHashMap<>();
        seen.put("bodySha256", digest(application.getInputStream()));  // first: trailers come behind it
        seen.put("remoteAddr", application.getRemoteAddr());
        seen.put("remoteHost", application.getRemoteHost());
        seen.put("remotePort", application.getRemotePort());
        seen.put("scheme", application.getScheme());
        seen.put("secure", application.isSecure());
        seen.put("serverName", application.getServerName());
        seen.put("serverPort", application.getServerPort());
        seen.put("requestURL", application.getRequestURL().toString());
        seen.put("localAddr", application.getLocalAddr());
        seen.put("localName", application.getLocalName());
        seen.put("localPort", application.getLocalPort());
        seen.put("sslSessionId", text(application.getAttribute("javax.servlet.request.ssl_session_id")));
        seen.put("cipherSuite", text(application.getAttribute("javax.servlet.request.cipher_suite")));
        seen.put("remoteUser", application.getRemoteUser());
        seen.put("protocol", application.getProtocol());
        seen.put("method", application.getMethod());
        seen.put("uri", request.getHttpURI().toString());
        seen.put("headers", lines(request.getHttpFields()));
        seen.put("trailers", lines(request.getTrailers()));
        return seen;
    }

    private static String text(Object attribute) {
        return attribute == null ? null : attribute.toString();
    }

    private static List<Object> lines(HttpFields fields) {
        List<Object> lines = new ArrayList<>();
        if (fields != null) {
            for (HttpField field : fields) {
                lines.add(new String[] {field.getName(), field.getValue()});
            }
        }
        return lines;
    }

    private static String digest(InputStream body) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] piece = new byte[16 * 1024];
            for (int size = body.read(piece); size >= 0; size = body.read(piece)) {
                digest.update(piece, 0, size);
            }
            return String.format("%064x", new BigInteger(1, digest.digest()));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
