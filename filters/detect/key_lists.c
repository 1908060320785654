/* SPDX-License-Identifier: MIT */
#include "filters/detect/key_lists.h"

const rd_key_list rd_key_lists[] = {
    {RD_KEY_PASSWORD, true,
     "password passwd pwd passphrase passwort kennwort contrasena contrase\xc3\xb1"
     "a motdepasse mdp senha wachtwoord haslo "
     "has\xc5\x82o parola passcode pass lozinka salasana losenord l\xc3\xb6senord "
     "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c "
     "\xe5\xaf\x86\xe7\xa0\x81 \xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89"},
    {RD_KEY_PASSWORD, false, "pw user_pw db_pw root_pw bind_pw admin_pw psw passw"},
    {RD_KEY_PASSWORD, true,
     "pgpassword dbpassword userpassword dbpass userpass rootpass mysqlpassword newpassword oldpassword "
     "loginpassword smtppassword redispassword"},
    {RD_KEY_PIN, false,
     "pin pincode puk pukcode otp otpcode cvv cvc cvv2 cvc2 cardpin verificationcode smscode mfacode totp "
     "tan"},
    {RD_KEY_SECRET, true,
     "secret secretkey secretaccesskey privatekey encryptionkey signingkey masterkey sharedkey "
     "sharedaccesskey "
     "sharedaccesssignature accountkey passwordhash pwhash hmackey cipherkey decryptionkey recoverycode "
     "seedphrase mnemonic"},
    {RD_KEY_SECRET, true, "clientsecret appsecret apisecret usersecret consumersecret totpsecret"},
    {RD_KEY_SECRET, false, "secret_id"},
    {RD_KEY_TOKEN, true,
     "token apikey accesskey authkey authtoken accesstoken refreshtoken idtoken sessiontoken securitytoken "
     "signature "
     "credential credentials auth jwt bearer csrf xsrf licensekey servicekey deploykey storagekey "
     "consumerkey appkey "
     "sessionkey functionskey subscriptionkey authcode authorizationcode clientassertion codeverifier "
     "samlresponse "
     "samlassertion apitoken bottoken csrftoken xsrftoken usertoken devicetoken webhooktoken passkey "
     "integrationkey "
     "routingkey ingestkey writekey"},
    {RD_KEY_TOKEN, false, "sig ticket assertion xamzsignature xamzsecuritytoken sas sastoken tok pat"},
    {RD_KEY_NONE, true,
     "publictoken publickey publicapikey nexttoken pagetoken nextpagetoken continuationtoken cursortoken "
     "synctoken "
     "canceltoken cancellationtoken stoptoken eostoken padtoken routingkeyname paginationtoken tokenizer "
     "filesignature "
     "methodsignature functionsignature pubkey publickeys hostkey partitionkey primarykey cachekey "
     "idempotencykey foreignkey sortkey rowkey objectkey hashkey publickeytoken "
     "productname itemname articlename artikelname devicename modelname servicename categoryname brandname "
     "queuename nodename rolename groupname teamname companyname projectname campaignname branchname "
     "runtimename osname sdkname libraryname scopename containername imagename podname clustername "
     "deploymentname namespacename jobname threadname loggername classname methodname functionname spanname "
     "operationname eventname metricname appname applicationname dbname databasename tablename indexname "
     "topicname exchangename filename modulename packagename browsername platformname audiencename "
     "segmentname listname templatename taskname pipelinename stagename workflowname stepname planname "
     "policyname rulename schemaname collectionname bucketname fieldname columnname propertyname "
     "attributename parametername variablename headername hostname domainname servername instancename "
     "sitename pagename viewname layoutname themename pluginname extensionname featurename flagname "
     "experimentname variantname departmentname organizationname organisationname orgname testname buildname "
     "releasename toolname commandname scriptname programname processname unitname interfacename "
     "networkname stationname cityname countryname streetname roomname buildingname coursename storename "
     "shopname hotelname channelname streamname locationname zonename regionname stopname printername "
     "sharename foldername drivename menuname fontname filtername keyname "},
    {RD_KEY_AUTH, true, "authorization authorizationheader authheader"},
    {RD_KEY_COOKIE, true, "cookie cookies"},
    {RD_KEY_SESSION, true, "session_id sess_id sessiontoken sessionkey"},
    {RD_KEY_SESSION, true,
     "phpsessid jsessionid aspnetsessionid connectsid laravelsession ssosession usersession authsession "
     "loginsession websession asession authcookie sessioncookie "},
    {RD_KEY_SESSION, false, "sid session sess"},
    {RD_KEY_NAME, true,
     "fullname firstname lastname surname givenname familyname middlename forename maidenname birthname "
     "nachname vorname "
     "familienname geburtsname realname legalname cardholder cardholdername accountholder accountholdername "
     "kontoinhaber "
     "patientname customername employeename contactname recipientname sendername payeename payername "
     "beneficiaryname holdername "
     "personname studentname passengername guestname prenom pr\xc3\xa9nom nomdefamille apellido apellidos "
     "nombrecompleto "
     "cognome nazwisko nomcomplet nomecompleto fullnames lname fname mothersmaidenname kundenname "
     "mitarbeitername "
     "patientenname ansprechpartner billingname shippingname deliveryname nameoncard buyername applicantname "
     "insuredname "
     "membername subscribername ownername authorname"},
    {RD_KEY_WHO, true,
     "customer patient owner contact author recipient sender beneficiary payee payer employee manager "
     "assignee reporter "
     "passenger guest student teacher doctor physician holder applicant member subscriber displayname kunde "
     "kundin "
     "mitarbeiter empfaenger empf\xc3\xa4nger absender inhaber patientin versicherter antragsteller buyer "
     "seller attendee "
     "signer requester approver created_by updated_by modified_by submitted_by operator person insured "
     "driver "
     "traveler "
     "traveller supervisor agentname holdername consignee tenantname lead caller invitee client candidate "
     "resident "
     "cliente destinataire expediteur "},
    {RD_KEY_WHO, false, "name names clientname cn accountname gecos"},
    {RD_KEY_LOGIN, true,
     "user uid username utilisateur usuario utente login loginname login_id uname benutzer benutzername "
     "samaccountname "
     "preferredusername "
     "userlogin "
     "suser duser srcuser dstuser sourceusername destinationusername screenname nickname ruser logname "
     "remoteuser principal actor userprincipalname usr accountuser"},
    {RD_KEY_PHONE, true,
     "phone tel telephone telefon mobile mobil handy cell cellphone fax msisdn phonenumber telnumber "
     "mobilenumber "
     "contactnumber whatsapp rufnummer telefonnummer handynummer mobilnummer tel_no phone_no mobile_no "
     "caller_id "
     "caller callee "
     "telefono tel\xc3\xa9"
     "fono telefone movil m\xc3\xb3vil celular gsm landline festnetz phone_nr tel_nr faxnumber cellnumber "
     "callednumber callingnumber callbacknumber sms_to telephonenumber portable"},
    {RD_KEY_BIRTH, true,
     "dob dateofbirth birthdate birthday birthdt geburtsdatum geburtstag gebdat gebdatum geb born born_on "
     "datenaissance "
     "datedenaissance fechanacimiento fechadenacimiento datanascimento datadenascimento datadinascita "
     "geboortedatum "
     "dataurodzenia bday birth geboren_am geboren ne_le n\xc3\xa9_le birthdatum"},
    {RD_KEY_SSN, true,
     "ssn socialsecurity socialsecuritynumber social_security_no ssnumber itin taxpayerid ssn_no"},
    {RD_KEY_MAC, true,
     "mac hwaddr macaddress macaddr lladdr bssid hardwareaddress ethaddr chaddr hwaddress physicaladdress"},
    {RD_KEY_PASSWORD, true,
     "parol\xc4\x83 senhaatual psk presharedkey wpapassphrase requirepass sifre \xc5\x9fifre \xc5\x9eifre "
     "clave heslo geslo jelszo jelsz\xc3\xb3 adgangskode "
     "passord parole wachtwoorden palavrapasse storepass keypass trustpass masterauth passwordconfirmation "
     "passwordconfirm "
     "passwordagain passwdplain storepassword authpass paroladordine bindpw rootpw becomepass joinpassword "
     "unlockpassword "
     "\xd0\x9f\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c "
     "\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8 \xec\x95\x94\xed\x98\xb8 "
     "\xe6\x9a\x97\xe8\xa8\xbc\xe7\x95\xaa\xe5\x8f\xb7 \xe5\x8f\xa3\xe4\xbb\xa4 "},
    {RD_KEY_SECRET, true, "unsealkey secretkeybase geheimnis clavesecreta codesecret "},
    {RD_KEY_TOKEN, true,
     "cleapi claveapi chaveapi instrumentationkey servicetoken registrationkey invitecode resetcode "
     "magiclink "
     "activationcode "},
    {RD_KEY_SECRET, true,
     "authsalt secureauthsalt loggedinsalt noncesalt loggedinkey noncekey passwordsalt "
     "snmpcommunity rocommunity rwcommunity communitystring trapcommunity "},
    {RD_KEY_PASSWORD, true,
     "parolachiave palavrachave contrasenya slaptazodis parool salasona katasandi matkhau "},
    {RD_KEY_LOGIN, true, "utilizador usuari korisnik korisnickoime pengguna kasutaja naudotojas kennung "},
    {RD_KEY_LONG, true, "key code "},
    {RD_KEY_LONG, false, "appid "},
    {RD_KEY_NAME, true,
     "\xd1\x84\xd0\xb8\xd0\xbe \xd0\xa4\xd0\x98\xd0\x9e rufname ansprechpartnerin kontaktperson borrowername "
     "debtorname creditorname guarantorname spousename "
     "cardholdersname voornaam "
     "achternaam familienaam soyad soyadi soyad\xc4\xb1 fornamn "
     "f\xc3\xb6rnamn efternamn etternavn fornavn efternavn prijmeni "
     "p\xc5\x99\xc3\xadjmen\xc3\xad jmeno jm\xc3\xa9no sobrenome prenume "
     "\xd1\x84\xd0\xb0\xd0\xbc\xd0\xb8\xd0\xbb\xd0\xb8\xd1\x8f "
     "\xd0\xa4\xd0\xb0\xd0\xbc\xd0\xb8\xd0\xbb\xd0\xb8\xd1\x8f \xd0\xb8\xd0\xbc\xd1\x8f "
     "\xd0\x98\xd0\xbc\xd1\x8f \xe6\xb0\x8f\xe5\x90\x8d \xe5\xa7\x93\xe5\x90\x8d "
     "\xe5\x90\x8d\xe5\x89\x8d \xe3\x81\x8a\xe5\x90\x8d\xe5\x89\x8d naamklant wholename "
     "titulaire patientfullname drivername doctorname physicianname shiptoname billtoname soldtoname soyisim "
     "sukunimi etunimi nomfamille karteninhaber namefirst namelast firstnames bname nameofholder "
     "policyholdername candidatename visitorname attendeename callername signername operatorname managername "
     "teachername residentname travelername debitorname inhabername fahrername empfaengername absendername "
     "kontaktname nomprenom imienazwisko adsoyad musteriadi m\xc3\xbc\xc5\x9fteriad\xc4\xb1 "
     "\xe3\x81\x8a\xe5\xae\xa2\xe6\xa7\x98\xe5\x90\x8d \xe5\xae\xa2\xe6\x88\xb7\xe5\xa7\x93\xe5\x90\x8d "
     "\xec\x9d\xb4\xeb\xa6\x84 nameoncredit calleridname nachn vorna "
     "givennames surnames lastnames forenames familynames middlenames secondname secondsurname "
     "primerapellido segundoapellido primernombre segundonombre "},
    {RD_KEY_WHO, true,
     "zahlungspflichtiger debtor creditor borrower guarantor witness auftraggeber zahler intestatario "
     "titular klant klient m\xc3\xbc\xc5\x9fteri musteri "
     "spouse guardian signatory cashier nurse editor creator initiator requestor "
     "submitter technician interviewer recruiter nm policyholder next_of_kin nextofkin emergencycontact "
     "sachbearbeiter vertragspartner bearbeiter ansprechperson requested_by approved_by assigned_to "
     "reviewed_by entered_by signed_by ordered_by tester trainee caregiver parent tutor identity donor "
     "landlord agentname mandant mandantin anrufer anruferin paziente paciente "
     "al\xc4\xb1"
     "c\xc4\xb1 alici g\xc3\xb6nderen gonderen sigortal\xc4\xb1 sigortali odbiorca "
     "nadawca beneficjent ubezpieczony pracownik pacjent beneficiario destinatario remitente "
     "asegurado empleado ordenante mittente ordinante assicurato dipendente verzekerde "
     "begunstigde ontvanger afzender verzekeringnemer medewerker rekeninghouder pati\xc3\xabnt "
     "versicherungsnehmer versicherungsnehmerin zahlungsempf\xc3\xa4nger zahlungsempfaenger "
     "beg\xc3\xbcnstigter beguenstigter kontoinhaberin karteninhaberin rechnungsempf\xc3\xa4nger "
     "rechnungsempfaenger kreditnehmer mieter vermieter halter fahrzeughalter besteller "
     "empf\xc3\xa4ngerin empfaengerin bewohner b\xc3\xa9n\xc3\xa9"
     "ficiaire beneficiaire "
     "assur\xc3\xa9 exp\xc3\xa9"
     "diteur salari\xc3\xa9 souscripteur destinat\xc3\xa1rio remetente "
     "benefici\xc3\xa1rio segurado mottagare avs\xc3\xa4ndare modtager mottaker afsender "
     "p\xc5\x99\xc3\xadjemce prijemce odes\xc3\xadlatel odesilatel kedvezm\xc3\xa9nyezett "
     "beneficiar destinatar saaja maksaja responsible verantwortlich verantwortlicher responsable "
     "responsabile reported_by opened_by closed_by changed_by recorded_by verified_by performed_by "
     "handled_by "
     "uploaded_by edited_by deleted_by cancelled_by issued_by authorized_by authorised_by witnessed_by "
     "prescribed_by sent_by owned_by completed_by processed_by customers patients passengers recipients "
     "attendees students employees "
     "\xd0\xbf\xd0\xbe\xd0\xbb\xd1\x83\xd1\x87\xd0\xb0\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c "
     "\xd0\xbe\xd1\x82\xd0\xbf\xd1\x80\xd0\xb0\xd0\xb2\xd0\xb8\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c "
     "\xd0\xbf\xd0\xb0\xd1\x86\xd0\xb8\xd0\xb5\xd0\xbd\xd1\x82 alphabetic "},
    {RD_KEY_LOGIN, true,
     "utilizator loginame k\xc3\xa4ytt\xc3\xa4j\xc3\xa4tunnus kayttajatunnus "
     "felhaszn\xc3\xa1l\xc3\xb3n\xc3\xa9v felhasznalonev kullan\xc4\xb1"
     "c\xc4\xb1"
     "ad\xc4\xb1 nutzer nutzername anmeldename identifiant kullanici kullan\xc4\xb1"
     "c\xc4\xb1 "
     "kullaniciadi uzytkownik u\xc5\xbcytkownik gebruiker "
     "gebruikersnaam usu\xc3\xa1rio anv\xc3\xa4ndare anvandarnamn anv\xc3\xa4ndarnamn bruker "
     "brukernavn brugernavn uzivatel u\xc5\xbeivatel "
     "\xd0\xbf\xd0\xbe\xd0\xbb\xd1\x8c\xd0\xb7\xd0\xbe\xd0\xb2\xd0\xb0\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c "
     "\xd0\x9f\xd0\xbe\xd0\xbb\xd1\x8c\xd0\xb7\xd0\xbe\xd0\xb2\xd0\xb0\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c "
     "\xd0\xbb\xd0\xbe\xd0\xb3\xd0\xb8\xd0\xbd \xd0\x9b\xd0\xbe\xd0\xb3\xd0\xb8\xd0\xbd "
     "\xe3\x83\xa6\xe3\x83\xbc\xe3\x82\xb6\xe3\x83\xbc\xe5\x90\x8d "
     "\xe3\x83\xa6\xe3\x83\xbc\xe3\x82\xb6\xe3\x83\xbc \xe3\x83\xa6\xe3\x83\xbc\xe3\x82\xb6id "
     "\xe7\x94\xa8\xe6\x88\xb7\xe5\x90\x8d \xe7\x94\xa8\xe6\x88\xb7 "
     "\xec\x82\xac\xec\x9a\xa9\xec\x9e\x90 acct principalname requestingusername logonname nick handle "
     "gamertag playername player user_id "
     "felhasznalo felhaszn\xc3\xa1l\xc3\xb3 loginuser sshuser dbuser "},
    {RD_KEY_GIVEN, false,
     "nom nome nombre imie imi\xc4\x99 ad ad\xc4\xb1 adi isim family given first last gn sn "
     "naam nombres nomes "},
    {RD_KEY_PHONE, true,
     "mobiel telefonu telefoon telefoonnummer t\xc3\xa9l\xc3\xa9phone cellulare komorka kom\xc3\xb3rka "
     "puhelin telf handynr calling called fax_no fax_nr callernumber callernum phonework phonehome "
     "phonemobile "
     "telkom telmobil contactno phonenbr phonenum telnum numtel numerotelephone rueckrufnummer "
     "r\xc3\xbc"
     "ckrufnummer numerodetelefono "
     "\xd1\x82\xd0\xb5\xd0\xbb\xd0\xb5\xd1\x84\xd0\xbe\xd0\xbd "
     "\xd0\xa2\xd0\xb5\xd0\xbb\xd0\xb5\xd1\x84\xd0\xbe\xd0\xbd "
     "\xe9\x9b\xbb\xe8\xa9\xb1\xe7\x95\xaa\xe5\x8f\xb7 \xe9\x9b\xbb\xe8\xa9\xb1 "
     "\xe7\x94\xb5\xe8\xaf\x9d \xe6\x89\x8b\xe6\x9c\xba\xe5\x8f\xb7 \xe6\x89\x8b\xe6\x9c\xba "
     "\xe6\x90\xba\xe5\xb8\xaf\xe9\x9b\xbb\xe8\xa9\xb1 "
     "\xec\xa0\x84\xed\x99\x94\xeb\xb2\x88\xed\x98\xb8 destaddr sourceaddr destinationaddr tel1_numbr "
     "telf1 "},
    {RD_KEY_BIRTH, true,
     "\xe7\x94\x9f\xe5\xb9\xb4\xe6\x9c\x88\xe6\x97\xa5 "
     "\xe5\x87\xba\xe7\x94\x9f\xe6\x97\xa5\xe6\x9c\x9f "
     "\xec\x83\x9d\xeb\x85\x84\xec\x9b\x94\xec\x9d\xbc dogumtarihi do\xc4\x9fumtarihi "
     "fodselsdato f\xc3\xb8"
     "dselsdato f\xc3\xb6"
     "delsedatum fechanac datanascita "
     "datumnarozeni "
     "\xd0\xb4\xd0\xb0\xd1\x82\xd0\xb0\xd1\x80\xd0\xbe\xd0\xb6\xd0\xb4\xd0\xb5\xd0\xbd\xd0\xb8\xd1\x8f "
     "\xd0\x94\xd0\xb0\xd1\x82\xd0\xb0\xd1\x80\xd0\xbe\xd0\xb6\xd0\xb4\xd0\xb5\xd0\xbd\xd0\xb8\xd1\x8f "
     "birthdatetime birthtime birth_dt bdate dtnasc data_ur datebirth birthdte gebdt gbdat "
     "naissance nacimiento nascita nascimento urodzenia narozeni narozen\xc3\xad geboortedag fnac fechanac "
     "nato_il nata_il nacido_el nacida_el nascido_em nascida_em geboren_op geboren_den f\xc3\xb8"
     "dt fodt f\xc3\xb6"
     "dd f\xc3\xb6"
     "delsedag syntym\xc3\xa4"
     "aika syntymaaika sz\xc3\xbclet\xc3\xa9sid\xc3\xa1tum "
     "sz\xc3\xbclet\xc3\xa9siid\xc5\x91 szuletesidatum datanasterii datana\xc8\x99terii rojstva "
     "ro\xc4\x91"
     "enja rodjenja narodenia do\xc4\x9fum dogum tanggallahir "
     "\xd1\x80\xd0\xbe\xd0\xb6\xd0\xb4\xd0\xb5\xd0\xbd\xd0\xb8\xd1\x8f \xe7\x94\x9f\xe6\x97\xa5 "
     "\xe5\x87\xba\xe7\x94\x9f\xe5\xb9\xb4\xe6\x9c\x88\xe6\x97\xa5 "},
    {RD_KEY_MAC, true,
     "macadresse btaddr macid wifimac physaddr ethernetaddress macadres callingstationid calledstationid "
     "srcmac dstmac smac dmac clientmac apmac stamac hwsrc hwdst deveui joineui "
     "mac\xe5\x9c\xb0\xe5\x9d\x80 mac\xe3\x82\xa2\xe3\x83\x89\xe3\x83\xac\xe3\x82\xb9 "},
    {RD_KEY_WHO, true,
     "claimant consumer lessee lessor renter plaintiff defendant appellant petitioner deceased "
     "decedent testator nominee trustee donee grantor grantee mortgagor mortgagee obligor drawee "
     "remitter originator voter citizen taxpayer pensioner pupil organizer organiser "
     "moderator participant registrant reviewer examiner auditor surveyor adjuster "
     "advisor adviser consultant salesperson salesrep clerk receptionist notary lawyer attorney "
     "prosecutor counsel suspect victim offender inmate detainee juror surgeon anesthetist "
     "anaesthetist midwife dentist therapist psychologist pharmacist prescriber practitioner "
     "clinician radiologist pathologist householder homeowner occupant occupier purchaser payor "
     "cosigner coapplicant cardmember assured complainant respondent informant visitor relative "
     "father mother husband wife colleague cardname shipto billto soldto accountowner halter "
     "fahrzeughalter gl\xc3\xa4ubiger glaeubiger schuldner debitor kreditor versicherungsnehmer "
     "versicherungsnehmerin versicherte versicherten beg\xc3\xbcnstigter beguenstigter beg\xc3\xbcnstigte "
     "beguenstigte zahlungsempf\xc3\xa4nger zahlungsempfaenger rechnungsempf\xc3\xa4nger rechnungsempfaenger "
     "warenempf\xc3\xa4nger warenempfaenger kreditnehmer darlehensnehmer leasingnehmer mieter mieterin "
     "vermieter eigent\xc3\xbcmer eigentuemer besitzer fahrer fahrerin fahrgast reisender reisende gast "
     "teilnehmer teilnehmerin referent sch\xc3\xbcler schueler sch\xc3\xbclerin schuelerin bewohner "
     "bewohnerin erblasser erbe erbin betreuer betreuerin bevollm\xc3\xa4"
     "chtigter bevollmaechtigter "
     "vollmachtgeber arbeitnehmer arbeitnehmerin bewerber bewerberin auftragnehmer k\xc3\xa4ufer "
     "kaeufer verk\xc3\xa4ufer verkaeufer besteller unterzeichner notar anwalt rechtsanwalt kl\xc3\xa4ger "
     "klaeger beklagter antragstellerin einzahler kontoinhaberin karteninhaberin abonnent "
     "mitglied abholer besucher anzeigeerstatter gesch\xc3\xa4"
     "digter geschaedigter arzt \xc3\xa4rztin aerztin "
     "hausarzt behandler zuweiser therapeut empf\xc3\xa4ngerin empfaengerin absenderin spender "
     "spenderin b\xc3\xbcrge buerge ehegatte ehepartner notfallkontakt zahlbardurch zahlbaran "
     "gesellschafter gesch\xc3\xa4"
     "ftsf\xc3\xbchrer geschaeftsfuehrer prokurist steuerpflichtiger "
     "vertragsnehmer anschlussinhaber depotinhaber p\xc3\xa4"
     "chter paechter verstorbener koinh emftx "
     "ename b\xc3\xa9n\xc3\xa9"
     "ficiaire beneficiaire assur\xc3\xa9 assure assur\xc3\xa9"
     "e souscripteur souscriptrice "
     "d\xc3\xa9"
     "biteur debiteur cr\xc3\xa9"
     "ancier creancier payeur \xc3\xa9metteur emetteur demandeur locataire "
     "propri\xc3\xa9taire proprietaire bailleur emprunteur conducteur voyageur passager \xc3\xa9l\xc3\xa8ve "
     "eleve "
     "\xc3\xa9tudiant etudiant salari\xc3\xa9 salarie employ\xc3\xa9 employe m\xc3\xa9"
     "decin medecin acheteur vendeur "
     "adh\xc3\xa9rent adherent abonn\xc3\xa9 abonne exp\xc3\xa9"
     "diteur donneurordre donneurdordre signataire tuteur "
     "conjoint porteur preneur interlocuteur collaborateur g\xc3\xa9rant gerant mandataire h\xc3\xa9ritier "
     "heritier d\xc3\xa9"
     "funt defunt beneficiario beneficiaria asegurado asegurada tomador deudor "
     "acreedor pagador ordenante remitente destinatario solicitante arrendatario inquilino "
     "propietario conductor pasajero viajero hu\xc3\xa9sped huesped alumno alumna estudiante empleado "
     "empleada trabajador m\xc3\xa9"
     "dico medico comprador vendedor abonado suscriptor firmante "
     "representante c\xc3\xb3nyuge conyuge avalista fiador heredero fallecido contribuyente apoderado "
     "titolare assicurato assicurata contraente debitore creditore pagatore ordinante mittente richiedente "
     "locatario proprietario conducente passeggero viaggiatore ospite alunno studente dipendente "
     "lavoratore acquirente venditore abbonato firmatario delegato tutore coniuge garante erede "
     "benefici\xc3\xa1rio benefici\xc3\xa1ria segurado segurada devedor credor remetente destinat\xc3\xa1rio "
     "propriet\xc3\xa1rio motorista passageiro viajante h\xc3\xb3spede hospede aluno aluna estudante "
     "funcion\xc3\xa1rio funcionario empregado assinante c\xc3\xb4njuge herdeiro contribuinte requerente "
     "favorecido begunstigde verzekerde verzekeringnemer verzekeringsnemer rekeninghouder "
     "kaarthouder schuldenaar schuldeiser betaler ontvanger afzender aanvrager huurder verhuurder "
     "eigenaar bestuurder passagier reiziger leerling medewerker werknemer huisarts koper "
     "verkoper abonnee ondertekenaar contactpersoon pati\xc3\xabnt polishouder kentekenhouder deelnemer "
     "tnv tennamevan tenaamstelling kontoinnehavare betalningsmottagare mottagare avs\xc3\xa4ndare "
     "avsandare betalare f\xc3\xb6rs\xc3\xa4kringstagare forsakringstagare f\xc3\xb6rm\xc3\xa5nstagare "
     "f\xc3\xb6rs\xc3\xa4krad "
     "g\xc3\xa4lden\xc3\xa4r l\xc3\xa5ntagare hyresg\xc3\xa4st \xc3\xa4gare f\xc3\xb6rare passagerare "
     "resen\xc3\xa4r g\xc3\xa4st anst\xc3\xa4lld "
     "l\xc3\xa4kare k\xc3\xb6pare s\xc3\xa4ljare kund s\xc3\xb6kande kortinnehavare innehavare "
     "v\xc3\xa5rdnadshavare kontohaver "
     "kontoinnehaver kontoindehaver betalingsmodtager betalingsmottaker modtager afsender "
     "mottaker avsender forsikringstager forsikringstaker l\xc3\xa5ntaker lejer leietaker ejer f\xc3\xb8rer "
     "passasjer rejsende g\xc3\xa6st gjest ansat ansatt l\xc3\xa6ge k\xc3\xb8"
     "ber kj\xc3\xb8per s\xc3\xa6lger selger ans\xc3\xb8ger "
     "s\xc3\xb8ker kortholder kortinnehaver medlem deltager deltaker p\xc3\xa5r\xc3\xb8rende pasient borger "
     "odbiorca nadawca beneficjent zleceniodawca p\xc5\x82"
     "atnik platnik d\xc5\x82u\xc5\xbcnik dluznik wierzyciel "
     "ubezpieczony ubezpieczaj\xc4\x85"
     "cy ubezpieczajacy posiadacz w\xc5\x82"
     "a\xc5\x9b"
     "ciciel wlasciciel najemca "
     "kierowca pasa\xc5\xbc"
     "er pasazer pracownik lekarz kupuj\xc4\x85"
     "cy sprzedaj\xc4\x85"
     "cy wnioskodawca pacjent "
     "abonent uczestnik al\xc4\xb1"
     "c\xc4\xb1 alici g\xc3\xb6nderen gonderen g\xc3\xb6nderici hesapsahibi sigortal\xc4\xb1 "
     "sigortali sigortaettiren lehtar bor\xc3\xa7lu borclu alacakl\xc4\xb1 alacakli \xc3\xb6"
     "deyen odeyen kirac\xc4\xb1 "
     "kiraci sahibi s\xc3\xbcr\xc3\xbc"
     "c\xc3\xbc surucu yolcu misafir \xc3\xb6\xc4\x9frenci ogrenci \xc3\xa7"
     "al\xc4\xb1\xc5\x9f"
     "an calisan doktor "
     "yetkili kartsahibi p\xc5\x99\xc3\xadjemce prijemce odes\xc3\xadlatel odesilatel pl\xc3\xa1tce platce "
     "poji\xc5\xa1t\xc4\x9bn\xc3\xbd "
     "pojisteny majitel z\xc3\xa1kazn\xc3\xadk zakaznik kedvezm\xc3\xa9nyezett kedvezmenyezett "
     "sz\xc3\xa1mlatulajdonos "
     "\xc3\xbcgyf\xc3\xa9l ugyfel c\xc3\xadmzett beneficiar asigurat pl\xc4\x83titor platitor destinatar "
     "expeditor "
     "pacient saaja maksaja tilinomistaja vakuutettu asiakas potilas vuokralainen vastaanottaja "
     "l\xc3\xa4hett\xc3\xa4j\xc3\xa4 "},
    {RD_KEY_NAME, true,
     "lastnames surnames forenames givennames familynames middlenames patronymic secondname "
     "firstnm lastnm custname empname ccname receivername nameoncc vornamen nachnamen familiennamen rufnamen "
     "zuname vorundnachname prenoms pr\xc3\xa9noms nomclient nomduclient nomtitulaire nomdutitulaire "
     "nompatient nomdupatient nomassur\xc3\xa9 nomassure nomb\xc3\xa9n\xc3\xa9"
     "ficiaire nombeneficiaire "
     "nomdestinataire nomexpediteur nomlocataire nomsalarie nomemploye nomusage nomnaissance "
     "nomdenaissance nomdusage clientnom patientnom nomporteur nombrecliente nombretitular "
     "nombrepaciente nombrebeneficiario nombreempleado nombredestinatario nombreremitente "
     "nombreusuario primerapellido segundoapellido primernombre nombreyapellidos nombreapellidos "
     "nomecliente nometitolare nomepaziente nomepaciente nomebeneficiario nomedestinatario "
     "nomeintestatario nomecognome cognomenome nomedocliente primeironome ultimonome \xc3\xbaltimonome "
     "nomesocial klantnaam contactnaam patientnaam pati\xc3\xabntnaam medewerkernaam ontvangernaam "
     "rekeninghoudernaam gastnaam eigenaarnaam volledigenaam voornamen achternamen kundnamn "
     "patientnamn mottagarnamn kundenavn pasientnavn modtagernavn mottakernavn fuldenavn "
     "fulltnavn fornavne imieinazwisko imi\xc4\x99inazwisko imiona adisoyadi ad\xc4\xb1soyad\xc4\xb1 "
     "isimsoyisim "
     "aliciadi al\xc4\xb1"
     "c\xc4\xb1"
     "ad\xc4\xb1 hastaadi hastaad\xc4\xb1 vezet\xc3\xa9kn\xc3\xa9v keresztn\xc3\xa9v vezeteknev keresztnev "
     "krestnijmeno krestn\xc3\xadjm\xc3\xa9no celejmeno cel\xc3\xa9jm\xc3\xa9no "},
    {RD_KEY_GIVEN, false, "navn namn nimi n\xc3\xa9v numele nume "},
    {RD_KEY_PHONE, true,
     "wa_id whatsappid subscriptioniddata callingparty callingpartynumber calledparty "
     "calledpartynumber anumber bnumber e164 dialednumber dialednum dialledno dialednbr "
     "callingnbr tlf tlfnr telefonnr mobilnr telefonsz\xc3\xa1m telefonszam puhelinnumero "
     "numerotelefono numtelefono ceptelefonu telefonnumarasi smsnumber "},
    {RD_KEY_WHO, true,
     "kontoinhabers karteninhabers versicherungsnehmers halters antragstellers mitarbeiters "
     "empf\xc3\xa4ngers auftraggebers attn nominativo \xd0\xba\xd0\xbb\xd0\xb8\xd0\xb5\xd0\xbd\xd1\x82 "
     "\xd0\x9a\xd0\xbb\xd0\xb8\xd0\xb5\xd0\xbd\xd1\x82 "
     "\xd0\xbf\xd0\xbe\xd0\xbb\xd1\x83\xd1\x87\xd0\xb0\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c "
     "\xd0\x9f\xd0\xbe\xd0\xbb\xd1\x83\xd1\x87\xd0\xb0\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c "
     "\xd0\xbe\xd1\x82\xd0\xbf\xd1\x80\xd0\xb0\xd0\xb2\xd0\xb8\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c "
     "\xd0\x9e\xd1\x82\xd0\xbf\xd1\x80\xd0\xb0\xd0\xb2\xd0\xb8\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c "
     "\xd0\xbf\xd0\xbb\xd0\xb0\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c\xd1\x89\xd0\xb8\xd0\xba "
     "\xd0\x9f\xd0\xbb\xd0\xb0\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8c\xd1\x89\xd0\xb8\xd0\xba "
     "\xd0\xb2\xd0\xbb\xd0\xb0\xd0\xb4\xd0\xb5\xd0\xbb\xd0\xb5\xd1\x86 "
     "\xd0\x92\xd0\xbb\xd0\xb0\xd0\xb4\xd0\xb5\xd0\xbb\xd0\xb5\xd1\x86 "
     "\xd0\xbf\xd0\xb0\xd1\x86\xd0\xb8\xd0\xb5\xd0\xbd\xd1\x82 "
     "\xd0\x9f\xd0\xb0\xd1\x86\xd0\xb8\xd0\xb5\xd0\xbd\xd1\x82 \xd1\x84\xd0\xb8\xd0\xbe "
     "\xd0\xa4\xd0\x98\xd0\x9e \xd0\xbf\xd1\x96\xd0\xb1 \xd0\x9f\xd0\x86\xd0\x91 "
     "\xce\xbf\xce\xbd\xce\xbf\xce\xbc\xce\xb1\xcf\x84\xce\xb5\xcf\x80\xcf\x8e\xce\xbd\xcf\x85\xce\xbc\xce"
     "\xbf "
     "\xce\x9f\xce\xbd\xce\xbf\xce\xbc\xce\xb1\xcf\x84\xce\xb5\xcf\x80\xcf\x8e\xce\xbd\xcf\x85\xce\xbc\xce"
     "\xbf "},
    {RD_KEY_NAME, true,
     "\xd0\xbf\xd1\x80\xd1\x96\xd0\xb7\xd0\xb2\xd0\xb8\xd1\x89\xd0\xb5 "
     "\xd0\x9f\xd1\x80\xd1\x96\xd0\xb7\xd0\xb2\xd0\xb8\xd1\x89\xd0\xb5 "
     "\xd0\xbe\xd1\x82\xd1\x87\xd0\xb5\xd1\x81\xd1\x82\xd0\xb2\xd0\xbe "
     "\xd0\x9e\xd1\x82\xd1\x87\xd0\xb5\xd1\x81\xd1\x82\xd0\xb2\xd0\xbe "
     "\xce\xb5\xcf\x80\xcf\x8e\xce\xbd\xcf\x85\xce\xbc\xce\xbf "
     "\xce\x95\xcf\x80\xcf\x8e\xce\xbd\xcf\x85\xce\xbc\xce\xbf \xcf\x8c\xce\xbd\xce\xbf\xce\xbc\xce\xb1 "
     "\xce\x8c\xce\xbd\xce\xbf\xce\xbc\xce\xb1 "},
    {RD_KEY_WHO, true,
     "ordering_party initiating_party proposer kassierer kassiererin sachbearbeiterin "
     "zeuge zeugin mitarbeiterin kollege kollegin vorgesetzter vorgesetzte rechnung_an send_to "
     "deliver_to addressed_to delivered_to shipped_to sold_to reports_to escalated_to "
     "transferred_to berater beraterin verk\xc3\xa4uferin k\xc3\xa4uferin vertreter vertreterin inhaberin "
     "eigent\xc3\xbcmerin eigentuemerin abonnentin studentin lehrer lehrerin auftraggeberin besitzerin "
     "kundenberater prepared_by added_by invited_by released_by checked_by registered_by "
     "contacted_by referred_by admitted_by confirmed_by granted_by revoked_by locked_by "
     "rejected_by declined_by paid_by collected_by received_by driven_by taught_by "},
    {RD_KEY_VALUE, false, "value val stringvalue content query equals contains startswith s text"},
    {RD_KEY_TITLE, false,
     "mr mrs ms miss dr prof herr herrn frau mme mlle madame monsieur signor signora sr sra sig dhr mevr hr "
     "se\xc3\xb1or se\xc3\xb1ora mevrouw meneer senhor senhora"},
    {RD_KEY_TITLE_OR_WORD, false, "m pat fr med dipl ing st gez hd kontoinhaber cliente assign\xc3\xa9"},
    {RD_KEY_GREETING, false, "dear hello hi hallo liebe lieber bonjour hola estimado estimada cher ciao hey"},
    {RD_KEY_LINK, false, "by to from for with of is as von an f\xc3\xbcr par por da door"},
};

const uint32_t rd_n_key_lists = sizeof rd_key_lists / sizeof rd_key_lists[0];
